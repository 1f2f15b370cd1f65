//! Names of months and days in the languages that tables are written in, and the forms of AM and PM.

/// How the letters of a name are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Case {
    /// As the language has it.
    #[default]
    Usual,
    Upper,
    Lower,
    /// The first letter large.
    Title,
}

impl Case {
    /// A name in this case.
    pub fn write(self, name: &str) -> String {
        match self {
            Case::Usual => name.to_owned(),
            Case::Upper => name.to_uppercase(),
            Case::Lower => name.to_lowercase(),
            Case::Title => {
                let mut letters = name.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            }
        }
    }

    /// The first case in which all of the names are written as a table has them.
    pub fn of<'a>(names: impl Iterator<Item = (&'a str, &'a str)> + Clone) -> Case {
        let all = [Case::Usual, Case::Upper, Case::Lower, Case::Title];
        let fits = |case: &Case| names.clone().all(|(written, usual)| case.write(usual) == written);
        all.into_iter().find(fits).unwrap_or_default()
    }
}

/// The months of a language: full names, and short ones (the first is written, all are read).
#[derive(Debug)]
pub struct Language {
    /// Two letters, as in `%{de}b`.
    pub code: &'static str,
    full: [&'static str; 12],
    short: [&'static [&'static str]; 12],
}

/// English first.
pub const LANGUAGES: [Language; 7] = [
    Language {
        code: "en",
        full: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        short: [
            &["Jan"],
            &["Feb"],
            &["Mar"],
            &["Apr"],
            &["May"],
            &["Jun"],
            &["Jul"],
            &["Aug"],
            &["Sep", "Sept"],
            &["Oct"],
            &["Nov"],
            &["Dec"],
        ],
    },
    Language {
        code: "de",
        full: [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
        short: [
            &["Jan", "Jän"],
            &["Feb"],
            &["Mär", "Mrz"],
            &["Apr"],
            &["Mai"],
            &["Jun"],
            &["Jul"],
            &["Aug"],
            &["Sep", "Sept"],
            &["Okt"],
            &["Nov"],
            &["Dez"],
        ],
    },
    Language {
        code: "fr",
        full: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        short: [
            &["janv.", "janv", "jan"],
            &["févr.", "févr", "fév"],
            &["mars", "mar"],
            &["avr.", "avr"],
            &["mai"],
            &["juin"],
            &["juil.", "juil"],
            &["août", "aoû"],
            &["sept.", "sept", "sep"],
            &["oct.", "oct"],
            &["nov.", "nov"],
            &["déc.", "déc"],
        ],
    },
    Language {
        code: "es",
        full: [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        short: [
            &["ene"],
            &["feb"],
            &["mar"],
            &["abr"],
            &["may"],
            &["jun"],
            &["jul"],
            &["ago"],
            &["sep", "sept"],
            &["oct"],
            &["nov"],
            &["dic"],
        ],
    },
    Language {
        code: "it",
        full: [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
        short: [
            &["gen"],
            &["feb"],
            &["mar"],
            &["apr"],
            &["mag"],
            &["giu"],
            &["lug"],
            &["ago"],
            &["set"],
            &["ott"],
            &["nov"],
            &["dic"],
        ],
    },
    Language {
        code: "pt",
        full: [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
        short: [
            &["jan"],
            &["fev"],
            &["mar"],
            &["abr"],
            &["mai"],
            &["jun"],
            &["jul"],
            &["ago"],
            &["set"],
            &["out"],
            &["nov"],
            &["dez"],
        ],
    },
    Language {
        code: "nl",
        full: [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
        short: [
            &["jan"],
            &["feb"],
            &["mrt"],
            &["apr"],
            &["mei"],
            &["jun"],
            &["jul"],
            &["aug"],
            &["sep"],
            &["okt"],
            &["nov"],
            &["dec"],
        ],
    },
];

impl Language {
    /// The name of a month (0 is January), as the language writes it.
    pub fn month(&self, i: usize, full: bool) -> &'static str {
        let name = match full {
            true => self.full.get(i).copied(),
            false => self.short.get(i).and_then(|names| names.first().copied()),
        };
        name.unwrap_or_default()
    }

    /// The month at the front of a text, and what follows; the longest of several names.
    pub fn take_month<'a>(&self, rest: &'a [u8], full: bool) -> Option<(usize, &'a [u8])> {
        let names = (0..12).flat_map(|i| {
            let full = full.then(|| self.full.get(i).copied()).into_iter().flatten();
            let short = self.short.get(i).filter(|_| full.clone().next().is_none());
            full.chain(short.into_iter().flat_map(|s| s.iter().copied())).map(move |name| (i, name))
        });
        names
            .filter_map(|(i, name)| strip(rest, name).map(|tail| (i, tail)))
            .min_by_key(|(_, tail)| tail.len())
    }
}

/// Names of the days, Monday first.
pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The forms of the two halves of the day: the letters of the pattern, and the words.
pub const HALVES: [(&str, [&str; 2]); 6] = [
    ("%p", ["AM", "PM"]),
    ("%P", ["am", "pm"]),
    ("%.p", ["A.M.", "P.M."]),
    ("%.P", ["a.m.", "p.m."]),
    ("%_p", ["A. M.", "P. M."]),
    ("%_P", ["a. m.", "p. m."]),
];

/// What follows a name at the front of a text, whatever its case.
pub fn strip<'a>(rest: &'a [u8], name: &str) -> Option<&'a [u8]> {
    if let Some(tail) = rest.strip_prefix(name.as_bytes()) {
        return Some(tail);
    }
    if name.is_ascii() {
        let (head, tail) = rest.split_at_checked(name.len())?;
        return head.eq_ignore_ascii_case(name.as_bytes()).then_some(tail);
    }
    // Letters with marks may have another length in the other case.
    let text = std::str::from_utf8(rest).ok()?;
    let end = text.char_indices().nth(name.chars().count()).map_or(text.len(), |(i, _)| i);
    let (head, tail) = text.split_at_checked(end)?;
    (head.to_lowercase() == name.to_lowercase()).then_some(tail.as_bytes())
}
