//! README and book: what their sessions show is what the program prints, their links lead somewhere, and their flags exist.
//!
//! `SNAPSHOTS=overwrite cargo test --release --test it docs` renews the sessions. Numbers with a decimal point may differ in a
//! comparison (another processor rounds otherwise, and a run takes another time), and so may counts of epochs and steps.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::console::{self, Seen};
use super::support::Place;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn file(name: &str) -> String {
    let path = root().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The book's pages in the order of its SUMMARY.md, from the root.
fn pages() -> Vec<String> {
    links(&file("docs/src/SUMMARY.md")).into_iter().map(|page| format!("docs/src/{page}")).collect()
}

/// All documents with words for people.
fn documents() -> Vec<String> {
    let fixed = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "sample_data/README.md"];
    let fixed = fixed.iter().filter(|name| root().join(name).exists()).map(|name| (*name).to_owned());
    fixed.chain(["docs/src/SUMMARY.md".to_owned()]).chain(pages()).collect()
}

/// A comparison trains the models that have no `--max-steps` for a shorter time: the text stays, and the digits are not compared.
const SHORTER: [(&str, &str); 1] = [("LSTM_FORECAST_EPOCHS", "5")];

/// All sessions in one folder, one after the other, so that the guide goes on with the README's model. A command that stands
/// there twice runs once.
#[test]
#[cfg(unix)]
fn sessions_show_what_the_program_prints() {
    let place = Place::new();
    std::os::unix::fs::symlink(root().join("sample_data"), place.path("sample_data")).expect("a link");
    let variables: &[(&str, &str)] = if console::overwriting() { &[] } else { &SHORTER };
    let mut known = HashMap::new();
    let mut run = |command: &str| {
        let ran = known.entry(command.to_owned());
        Some(ran.or_insert_with(|| console::run(&place, command, Seen::Both, variables)).clone())
    };
    let mut wrong = Vec::new();
    for name in std::iter::once("README.md".to_owned()).chain(pages()) {
        let found = console::renewed(&file(&name), &mut run);
        wrong.extend(console::compare_forms(&found, &root().join(&name), form).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A document with what may differ from machine to machine left out of its sessions.
fn form(document: &str) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in document.lines() {
        inside = if line.starts_with("```") { line == "```console" } else { inside };
        let command = line.starts_with("$ ") || line.ends_with('\\');
        // Which forecasters have a weight is the validation part's choice, and one more or less is a line more or less.
        // Drawings are of numbers alone.
        let drawn = |c: char| matches!(c, '\u{2800}'..='\u{28FF}' | '░' | '▒' | '┊');
        if inside && (line.starts_with("pool ") || line.contains(drawn) && !line.contains("observed")) {
            continue;
        }
        match inside && !command {
            true => out.push_str(&form_of_line(line)),
            false => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn form_of_line(line: &str) -> String {
    // A sparkline, and what it says where a model loses.
    let line: String = line.chars().filter(|c| !('▁'..='█').contains(c)).collect();
    let line = without_fractions(&line);
    let words: Vec<&str> = line.split_whitespace().collect();
    let counted = |word: Option<&&str>, names: &[&str]| {
        word.is_some_and(|word| names.contains(&word.trim_matches(|c: char| !c.is_alphabetic())))
    };
    let shown = words.iter().enumerate().map(|(at, word)| {
        let number = word.trim_end_matches([',', ';', '.']);
        let is_count = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == ',');
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        match is_count
            && (counted(words.get(at + 1), &["epoch", "epochs", "steps"])
                || counted(before, &["epoch", "step"]))
        {
            true => "#",
            false => word,
        }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// `#` in place of each number with a decimal point, and of its sign and exponent.
fn without_fractions(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let digits = |from: usize| chars[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        let whole = digits(at);
        let dot = at + whole;
        let fraction = if whole > 0 && chars.get(dot) == Some(&'.') { digits(dot + 1) } else { 0 };
        if fraction == 0 {
            let taken = whole.max(1);
            out.extend(&chars[at..at + taken]);
            at += taken;
            continue;
        }
        at = dot + 1 + fraction;
        if chars.get(at) == Some(&'e') {
            let sign = usize::from(chars.get(at + 1) == Some(&'-'));
            at += if digits(at + 1 + sign) > 0 { 1 + sign + digits(at + 1 + sign) } else { 0 };
        }
        if out.ends_with('-') {
            out.pop();
        }
        out.push('#');
    }
    out
}

#[test]
fn what_may_differ_is_left_out() {
    assert_eq!(form_of_line("model  -3.993 5.641e-3  24.8 %  ▁▂"), "model # # # %");
    assert_eq!(form_of_line("EWR,2013-12-31T00:00:00Z,-27.2632,25.0"), "EWR,2013-12-31T00:00:00Z,#,#");
    assert_eq!(form_of_line("15 epochs, 1,025 steps, best epoch 6"), "# epochs, # steps, best epoch #");
    assert_eq!(
        form_of_line("in epoch 1, step 2, at learning rate 3.331e5"),
        "in epoch # step # at learning rate #"
    );
    assert_eq!(form_of_line("interrupted after step 36; m.resume"), "interrupted after step # m.resume");
    assert_eq!(form_of_line("rows  26,115 of 3 series"), "rows 26,115 of 3 series");
}

/// The targets of Markdown links in a text, code left out.
fn links(text: &str) -> Vec<String> {
    let mut code = false;
    let lines = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        code ^= fence;
        !code && !fence
    });
    let prose = lines.collect::<Vec<_>>().join("\n");
    // What stands between backticks is no link.
    let prose: String = prose.split('`').step_by(2).collect::<Vec<_>>().join("``");
    prose.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// A heading as a link names it: lower case, letters, digits and dashes.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().trim().to_lowercase().replace(' ', "-")
}

#[test]
fn links_lead_somewhere() {
    let mut wrong = Vec::new();
    for name in documents() {
        let here = root().join(&name);
        for link in links(&file(&name)).into_iter().filter(|link| !link.contains("://")) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target =
                if path.is_empty() { here.clone() } else { here.parent().expect("a folder").join(path) };
            let in_book = !name.starts_with("docs/src/") || !leaves_the_book(&name, path);
            let found = target.exists() && (heading.is_empty() || has_heading(&target, heading));
            if !found || !in_book {
                wrong.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere, or out of the book: {wrong:#?}");
}

/// Whether a page's link goes above `docs/src`, where the book has nothing.
fn leaves_the_book(page: &str, link: &str) -> bool {
    let depth = page.matches('/').count() - 2;
    link.split('/').take_while(|part| *part == "..").count() > depth
}

fn has_heading(page: &Path, heading: &str) -> bool {
    let text = std::fs::read_to_string(page).unwrap_or_default();
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line.trim_start_matches('#')) == heading)
}

/// `src/a/{b,c}.rs` as two paths.
fn unfolded(path: &str) -> Vec<String> {
    match path.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?))) {
        Some((head, (names, tail))) => names.split(',').map(|name| format!("{head}{name}{tail}")).collect(),
        None => vec![path.to_owned()],
    }
}

/// Where things live, for those who work on them.
#[test]
fn files_that_are_named_exist() {
    let folders = ["src/", "tests/", "benches/", "examples/", "docs/", "fuzz/", ".ci/"];
    for name in ["ARCHITECTURE.md", "CONTRIBUTING.md"] {
        let text = file(name);
        let named = text.split('`').skip(1).step_by(2);
        for path in named.filter(|path| folders.iter().any(|folder| path.starts_with(folder))) {
            for path in
                unfolded(path).iter().filter(|path| !path.contains(['*', ' ']) && !path.contains("GROUP"))
            {
                assert!(root().join(path).exists(), "{name}: {path} does not exist");
            }
        }
    }
}

/// A page that SUMMARY.md does not name is not in the book.
#[test]
fn every_page_is_in_the_summary() {
    let known: BTreeSet<String> = pages().into_iter().collect();
    let mut folders = vec![root().join("docs/src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path())
        {
            let name = entry.strip_prefix(root()).expect("in the repository").to_string_lossy().into_owned();
            if entry.is_dir() {
                folders.push(entry);
            } else if name.ends_with(".md") && !name.ends_with("SUMMARY.md") {
                assert!(known.contains(&name), "{name} is not in docs/src/SUMMARY.md");
            }
        }
    }
}

#[test]
fn the_front_page_is_short_and_has_the_two_commands() {
    let readme = file("README.md");
    assert!(readme.len() <= 10_240, "README.md has {} bytes", readme.len());
    for command in ["\nsh examples/quickstart.sh ", "\ncargo test --release "] {
        assert!(readme.contains(command), "{command}");
    }
}

/// Flags of cargo, pip, timeout and the like that the documents and examples write.
const OF_OTHERS: [&str; 21] = [
    "--all-targets",
    "--bench",
    "--check",
    "--example",
    "--features",
    "--files",
    "--lib",
    "--locked",
    "--logdir",
    "--manifest-path",
    "--no-build",
    "--no-deps",
    "--onnx",
    "--open",
    "--part",
    "--path",
    "--profile",
    "--release",
    "--tables",
    "--test",
    "--zig",
];

#[test]
fn every_flag_exists() {
    let place = Place::new();
    let mut known: BTreeSet<String> = OF_OTHERS.iter().map(|flag| (*flag).to_owned()).collect();
    known.extend(flags(&place.ok(&["--help"]).stdout));
    for command in super::shell::COMMANDS {
        known.extend(flags(&place.ok(&[command, "--help"]).stdout));
    }
    let examples =
        ["quickstart.sh", "pipe.sh", "hourly.yaml", "daily.yaml"].map(|name| format!("examples/{name}"));
    let exempt = ["docs/src/contributing/accuracy.md", "docs/src/contributing/speed.md"];
    for name in documents().into_iter().chain(examples).filter(|name| !exempt.contains(&name.as_str())) {
        let unknown: Vec<String> = flags(&file(&name)).into_iter().filter(|f| !known.contains(f)).collect();
        assert!(unknown.is_empty(), "{name} names flags that no command has: {unknown:?}");
    }
}

/// Words that begin with two dashes and a letter.
fn flags(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_lowercase() || c == '-';
    text.split("--")
        .skip(1)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase()))
        .map(|rest| {
            format!("--{}", rest.split(|c| !word(c)).next().unwrap_or_default().trim_end_matches('-'))
        })
        .collect()
}

/// The module that the reference shows is the one that the check by hand runs.
#[test]
fn the_pytorch_module_is_the_tested_one() {
    let class = |text: &str| {
        let at = text.find("class RegLSTM(nn.Module):").expect("the class");
        let end = text[at..].find("return self.reg(").expect("its last line") + at;
        text[at..end].to_string()
    };
    assert_eq!(
        class(&file("docs/src/reference/checkpoint.md")),
        class(&file("tests/pytorch/check_checkpoint.py"))
    );
}

/// The library in use, as the book shows it, is the example that is built with the tests.
#[test]
fn the_library_page_shows_the_example() {
    let path = "docs/src/guide/library.md";
    let page = file(path);
    let (head, rest) = page.split_once("```rust\n").expect("where the code begins");
    let (_, tail) = rest.split_once("```").expect("where it ends");
    console::compare(&format!("{head}```rust\n{}```{tail}", file("examples/library.rs")), &root().join(path));
}

/// The examples' settings are known to this program.
#[test]
fn the_example_settings_resolve() {
    let place = Place::new();
    for name in ["hourly", "daily"] {
        place.write("run.yaml", file(&format!("examples/{name}.yaml")));
        place.ok(&["train", "t.csv", "--config", "run.yaml", "--print-config"]);
    }
}
