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
    /// Two letters, as in `%{de}b`; more for another way to shorten its months.
    pub code: &'static str,
    /// The language of which this is another way to shorten the months; its own place otherwise.
    base: usize,
    full: [&'static str; 12],
    short: [&'static [&'static str]; 12],
}

const EN_MONTHS: [&str; 12] = [
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
];
const DE_MONTHS: [&str; 12] = [
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
];
const FR_MONTHS: [&str; 12] = [
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
];
const ES_MONTHS: [&str; 12] = [
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
];
const IT_MONTHS: [&str; 12] = [
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
];
const PT_MONTHS: [&str; 12] = [
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
];
const NL_MONTHS: [&str; 12] = [
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
];

/// How many of [`LANGUAGES`] are languages; the others are ways to shorten their months, which
/// are written so and read as the language is.
pub const BASES: usize = 7;

/// English first.
pub const LANGUAGES: [Language; BASES + 9] = [
    Language {
        code: "en",
        base: 0,
        full: EN_MONTHS,
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
        base: 1,
        full: DE_MONTHS,
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
        base: 2,
        full: FR_MONTHS,
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
        base: 3,
        full: ES_MONTHS,
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
        base: 4,
        full: IT_MONTHS,
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
        base: 5,
        full: PT_MONTHS,
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
        base: 6,
        full: NL_MONTHS,
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
    Language {
        code: "en-uk",
        base: 0,
        full: EN_MONTHS,
        short: [
            &["Jan"],
            &["Feb"],
            &["Mar"],
            &["Apr"],
            &["May"],
            &["Jun"],
            &["Jul"],
            &["Aug"],
            &["Sept"],
            &["Oct"],
            &["Nov"],
            &["Dec"],
        ],
    },
    Language {
        code: "en-long",
        base: 0,
        full: EN_MONTHS,
        short: [
            &["Jan"],
            &["Feb"],
            &["Mar"],
            &["Apr"],
            &["May"],
            &["June"],
            &["July"],
            &["Aug"],
            &["Sept"],
            &["Oct"],
            &["Nov"],
            &["Dec"],
        ],
    },
    Language {
        code: "en-ap",
        base: 0,
        full: EN_MONTHS,
        short: [
            &["Jan."],
            &["Feb."],
            &["March"],
            &["April"],
            &["May"],
            &["June"],
            &["July"],
            &["Aug."],
            &["Sept."],
            &["Oct."],
            &["Nov."],
            &["Dec."],
        ],
    },
    Language {
        code: "en-dot",
        base: 0,
        full: EN_MONTHS,
        short: [
            &["Jan."],
            &["Feb."],
            &["Mar."],
            &["Apr."],
            &["May"],
            &["Jun."],
            &["Jul."],
            &["Aug."],
            &["Sep."],
            &["Oct."],
            &["Nov."],
            &["Dec."],
        ],
    },
    Language {
        code: "de-mrz",
        base: 1,
        full: DE_MONTHS,
        short: [
            &["Jan"],
            &["Feb"],
            &["Mrz"],
            &["Apr"],
            &["Mai"],
            &["Jun"],
            &["Jul"],
            &["Aug"],
            &["Sep"],
            &["Okt"],
            &["Nov"],
            &["Dez"],
        ],
    },
    Language {
        code: "de-dot",
        base: 1,
        full: DE_MONTHS,
        short: [
            &["Jan."],
            &["Feb."],
            &["März"],
            &["Apr."],
            &["Mai"],
            &["Juni"],
            &["Juli"],
            &["Aug."],
            &["Sept."],
            &["Okt."],
            &["Nov."],
            &["Dez."],
        ],
    },
    Language {
        code: "fr-plain",
        base: 2,
        full: FR_MONTHS,
        short: [
            &["janv"],
            &["févr"],
            &["mars"],
            &["avr"],
            &["mai"],
            &["juin"],
            &["juil"],
            &["août"],
            &["sept"],
            &["oct"],
            &["nov"],
            &["déc"],
        ],
    },
    Language {
        code: "pt-dot",
        base: 5,
        full: PT_MONTHS,
        short: [
            &["jan."],
            &["fev."],
            &["mar."],
            &["abr."],
            &["mai."],
            &["jun."],
            &["jul."],
            &["ago."],
            &["set."],
            &["out."],
            &["nov."],
            &["dez."],
        ],
    },
    Language {
        code: "nl-dot",
        base: 6,
        full: NL_MONTHS,
        short: [
            &["jan."],
            &["feb."],
            &["mrt."],
            &["apr."],
            &["mei"],
            &["jun."],
            &["jul."],
            &["aug."],
            &["sep."],
            &["okt."],
            &["nov."],
            &["dec."],
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

    /// The month at the front of a text, and what follows; the longest of several names. A short
    /// name may be the full one, as many tables leave June and July whole.
    pub fn take_month<'a>(&self, rest: &'a [u8], full: bool) -> Option<(usize, &'a [u8])> {
        let own = LANGUAGES.get(self.base).unwrap_or(self);
        let names = (0..12).flat_map(|i| {
            let ways = LANGUAGES.iter().filter(|l| !full && l.base == self.base);
            let short = ways.flat_map(move |l| l.short.get(i).into_iter().flat_map(|s| s.iter().copied()));
            own.full.get(i).copied().into_iter().chain(short).map(move |name| (i, name))
        });
        names
            .filter_map(|(i, name)| strip(rest, name).map(|tail| (i, tail)))
            .min_by_key(|(_, tail)| tail.len())
    }

    /// The way to write months that tables with these names have: a language of this one's, and
    /// whether in full; `None` where none writes all of them.
    pub fn written(&self, names: &[&str]) -> Option<(usize, bool)> {
        let ways = LANGUAGES.iter().enumerate().filter(|(_, l)| l.base == self.base).map(|(i, _)| (i, false));
        let mut ways = [(self.base, false), (self.base, true)].into_iter().chain(ways);
        let writes = |(i, full): &(usize, bool)| {
            let Some(own) = LANGUAGES.get(*i) else { return false };
            names.iter().all(|text| {
                let month = own.take_month(text.as_bytes(), false).map(|(month, _)| own.month(month, *full));
                month.is_some_and(|name| name.to_lowercase() == text.to_lowercase())
            })
        };
        ways.find(writes)
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
