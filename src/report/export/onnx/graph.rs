//! A graph, node by node. Names of values are made up, but those of inputs and outputs.

use super::proto::{
    Attribute, DOUBLE, Dim, FLOAT, Graph as Proto, INT64, Node, Shape, Tensor, TensorType, Type, ValueInfo,
};

/// A value of the graph, by its name.
pub type Value = String;

/// What has been built so far.
#[derive(Default)]
pub struct Graph {
    made: Proto,
    count: usize,
}

impl Graph {
    /// An input or output of N windows; `dims` are the sizes after N.
    fn info(name: &str, kind: i32, dims: &[usize], about: String) -> ValueInfo {
        let first = Dim { value: None, param: Some("N".into()) };
        let dim = |size: &usize| Dim { value: i64::try_from(*size).ok(), param: None };
        let shape = Shape { dim: std::iter::once(first).chain(dims.iter().map(dim)).collect() };
        let tensor = TensorType { elem_type: kind, shape: Some(shape) };
        ValueInfo { name: name.into(), kind: Some(Type { tensor: Some(tensor) }), doc_string: about }
    }

    /// Declares an input.
    pub fn input(&mut self, name: &str, kind: i32, dims: &[usize], about: impl Into<String>) -> Value {
        self.made.input.push(Graph::info(name, kind, dims, about.into()));
        name.into()
    }

    /// Gives a value out, as 64-bit floats.
    pub fn output(&mut self, name: &str, value: &Value, dims: &[usize], about: impl Into<String>) {
        self.node("Identity", &[value], name.into(), Vec::new());
        self.made.output.push(Graph::info(name, DOUBLE, dims, about.into()));
    }

    /// The graph under a name.
    pub fn finish(self, name: &str) -> Proto {
        Proto { name: name.into(), ..self.made }
    }

    fn fresh(&mut self) -> Value {
        self.count += 1;
        format!("v{}", self.count)
    }

    fn node(&mut self, op: &str, inputs: &[&Value], output: Value, attribute: Vec<Attribute>) {
        let name = format!("{op}_{}", self.made.node.len());
        let input = inputs.iter().map(|value| (*value).clone()).collect();
        self.made.node.push(Node { input, output: vec![output], name, op_type: op.into(), attribute });
    }

    /// A node with one output.
    pub fn op(&mut self, op: &str, inputs: &[&Value]) -> Value {
        self.op_with(op, inputs, Vec::new())
    }

    /// A node with attributes.
    pub fn op_with(&mut self, op: &str, inputs: &[&Value], attribute: Vec<Attribute>) -> Value {
        let output = self.fresh();
        self.node(op, inputs, output.clone(), attribute);
        output
    }

    /// A node with two outputs, of which the first is wanted.
    pub fn op_pair(&mut self, op: &str, inputs: &[&Value], attribute: Vec<Attribute>) -> Value {
        let (first, second) = (self.fresh(), self.fresh());
        self.node(op, inputs, first.clone(), attribute);
        if let Some(node) = self.made.node.last_mut() {
            node.output.push(second);
        }
        first
    }

    fn constant(&mut self, data_type: i32, dims: &[usize], raw_data: Vec<u8>) -> Value {
        let name = self.fresh();
        let dims = dims.iter().map(|size| *size as i64).collect();
        self.made.initializer.push(Tensor { dims, data_type, name: name.clone(), raw_data });
        name
    }

    pub fn floats(&mut self, dims: &[usize], values: &[f32]) -> Value {
        self.constant(FLOAT, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub fn doubles(&mut self, dims: &[usize], values: &[f64]) -> Value {
        self.constant(DOUBLE, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    pub fn ints(&mut self, dims: &[usize], values: &[i64]) -> Value {
        self.constant(INT64, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// A number without dimensions.
    pub fn number(&mut self, value: f64) -> Value {
        self.doubles(&[], &[value])
    }

    pub fn in_doubles(&mut self, value: &Value) -> Value {
        self.op_with("Cast", &[value], vec![int("to", i64::from(DOUBLE))])
    }

    pub fn in_floats(&mut self, value: &Value) -> Value {
        self.op_with("Cast", &[value], vec![int("to", i64::from(FLOAT))])
    }

    /// The value at one place of an axis, which is no more then.
    pub fn at(&mut self, value: &Value, axis: i64, place: usize) -> Value {
        let place = self.ints(&[], &[place as i64]);
        self.op_with("Gather", &[value, &place], vec![int("axis", axis)])
    }

    /// The values at some places of an axis.
    pub fn at_all(&mut self, value: &Value, axis: i64, places: &[usize]) -> Value {
        let list: Vec<i64> = places.iter().map(|place| *place as i64).collect();
        let places = self.ints(&[list.len()], &list);
        self.op_with("Gather", &[value, &places], vec![int("axis", axis)])
    }

    /// The first `count` of an axis.
    pub fn first(&mut self, value: &Value, axis: i64, count: usize) -> Value {
        self.slice(value, axis, 0, count)
    }

    /// The places of an axis from one on and before another.
    pub fn slice(&mut self, value: &Value, axis: i64, from: usize, to: usize) -> Value {
        let [from, to, axis] = [from as i64, to as i64, axis].map(|number| self.ints(&[1], &[number]));
        self.op("Slice", &[value, &from, &to, &axis])
    }

    pub fn unsqueeze(&mut self, value: &Value, axes: &[i64]) -> Value {
        let axes = self.ints(&[axes.len()], axes);
        self.op("Unsqueeze", &[value, &axes])
    }

    pub fn reshape(&mut self, value: &Value, dims: &[i64]) -> Value {
        let dims = self.ints(&[dims.len()], dims);
        self.op("Reshape", &[value, &dims])
    }

    pub fn sum(&mut self, value: &Value, axis: i64, keep: bool) -> Value {
        let axis = self.ints(&[1], &[axis]);
        self.op_with("ReduceSum", &[value, &axis], vec![int("keepdims", i64::from(keep))])
    }

    pub fn concat(&mut self, values: &[Value], axis: i64) -> Value {
        self.op_with("Concat", &values.iter().collect::<Vec<_>>(), vec![int("axis", axis)])
    }
}

/// A whole number as an attribute.
pub fn int(name: &str, value: i64) -> Attribute {
    Attribute { name: name.into(), i: Some(value), kind: 2, ..Attribute::default() }
}

/// A list of them.
pub fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.into(), ints: values.to_vec(), kind: 7, ..Attribute::default() }
}

/// Text as an attribute.
pub fn text(name: &str, value: &str) -> Attribute {
    Attribute { name: name.into(), s: Some(value.as_bytes().to_vec()), kind: 3, ..Attribute::default() }
}
