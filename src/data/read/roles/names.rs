//! Column names that hold commas: a list `A, B` on the command line is the one column `A, B`
//! where the table has that and has no `A` and no `B`.

use crate::data::name::identity;
use crate::data::read::ReadOptions;

/// The options with such names put together again.
pub fn whole(columns: &[String], options: &ReadOptions) -> ReadOptions {
    let mut options = options.clone();
    let settings = &mut options.settings;
    for list in [&mut settings.target, &mut settings.drop, &mut settings.categorical] {
        *list = join(columns, list);
    }
    for list in [&mut settings.features, &mut settings.series, &mut settings.time].into_iter().flatten() {
        *list = join(columns, list);
    }
    options
}

fn join(columns: &[String], list: &[String]) -> Vec<String> {
    let list = &list.iter().map(|name| identity(name).into_owned()).collect::<Vec<_>>();
    let known = |name: &str| columns.iter().find(|c| c.trim() == name);
    let mut out = Vec::with_capacity(list.len());
    let mut rest = list.as_slice();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if known(first).is_some() {
            out.push(first.clone());
            continue;
        }
        // Names with more commas are tried as well; none has more than a few.
        let whole = (1..=tail.len().min(8)).find_map(|n| {
            let parts = tail.get(..n)?;
            let spaced = known(&format!("{first}, {}", parts.join(", ")));
            let name = spaced.or_else(|| known(&format!("{first},{}", parts.join(","))))?;
            Some((n, name.clone()))
        });
        match whole {
            Some((n, name)) => {
                out.push(name);
                rest = tail.get(n..).unwrap_or_default();
            }
            None => out.push(first.clone()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_names() {
        let words = |text: &[&str]| text.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let columns = words(&["a", "rain, hourly (mm)", "x,y,z"]);
        let joined = |list: &[&str]| join(&columns, &words(list));
        assert_eq!(joined(&["rain", "hourly (mm)", "a"]), ["rain, hourly (mm)", "a"]);
        assert_eq!(joined(&["a", "x", "y", "z"]), ["a", "x,y,z"]);
        assert_eq!(joined(&["rain", "a"]), ["rain", "a"]);
        assert_eq!(joined(&["rain, hourly (mm)"]), ["rain, hourly (mm)"]);
    }
}
