//! JSON objects whose keys stay in the order that they are given in, for documents that people read too.

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value;

/// An object under construction.
#[derive(Debug, Clone, Default)]
pub struct Object(Vec<(String, Node)>);

/// What may stand under a key.
#[derive(Debug, Clone)]
pub enum Node {
    /// Anything whose order does not matter.
    Plain(Value),
    /// An object.
    Object(Object),
    /// Objects.
    List(Vec<Object>),
}

impl Object {
    /// The same with one key more; what cannot be written as JSON is `null`.
    pub fn with(self, key: &str, value: impl Serialize) -> Object {
        self.node(key, Node::Plain(serde_json::to_value(value).unwrap_or_default()))
    }

    /// The same with an object under this key.
    pub fn object(self, key: &str, object: Object) -> Object {
        self.node(key, Node::Object(object))
    }

    /// The same with objects under this key.
    pub fn list(self, key: &str, objects: Vec<Object>) -> Object {
        self.node(key, Node::List(objects))
    }

    fn node(mut self, key: &str, node: Node) -> Object {
        self.0.push((key.to_owned(), node));
        self
    }

    /// Indented, ending with a newline.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(key, node)| map.serialize_entry(key, node))?;
        map.end()
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Node::Plain(value) => value.serialize(serializer),
            Node::Object(object) => object.serialize(serializer),
            Node::List(objects) => objects.serialize(serializer),
        }
    }
}
