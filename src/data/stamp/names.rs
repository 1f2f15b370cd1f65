//! Names of months and days in the languages that tables are written in, and the forms of AM and PM.

use std::sync::LazyLock;

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

/// The months of a language: full names, and short ones.
#[derive(Debug)]
pub struct Language {
    /// Two letters, as in `%{de}b`; more for another way to shorten its months.
    pub code: &'static str,
    /// The language of which this is another way to shorten the months; its own place otherwise.
    base: usize,
    full: Vec<&'static str>,
    /// As they are written.
    short: Vec<&'static str>,
    /// All that is read as a short name: of every way to shorten them, and the full name, since many tables
    /// leave June and July whole.
    read: Vec<Vec<&'static str>>,
}

/// How many of [`LANGUAGES`] are languages; the others are ways to shorten their months, which
/// are written so and read as the language is.
pub const BASES: usize = 7;

/// Code, place of the language, full months (those of the language where none stand here), and short ones: the first of
/// several is written, all are read.
#[rustfmt::skip]
const MONTHS: [(&str, usize, &str, &str); 16] = [
    ("en", 0, "January February March April May June July August September October November December",
     "Jan Feb Mar Apr May Jun Jul Aug Sep|Sept Oct Nov Dec"),
    ("de", 1, "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
     "Jan|Jän Feb Mär|Mrz Apr Mai Jun Jul Aug Sep|Sept Okt Nov Dez"),
    ("fr", 2, "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
     "janv.|janv|jan févr.|févr|fév mars|mar avr.|avr mai juin juil.|juil août|aoû sept.|sept|sep oct.|oct nov.|nov déc.|déc"),
    ("es", 3, "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
     "ene feb mar abr may jun jul ago sep|sept oct nov dic"),
    ("it", 4, "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
     "gen feb mar apr mag giu lug ago set ott nov dic"),
    ("pt", 5, "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
     "jan fev mar abr mai jun jul ago set out nov dez"),
    ("nl", 6, "januari februari maart april mei juni juli augustus september oktober november december",
     "jan feb mrt apr mei jun jul aug sep okt nov dec"),
    ("en-uk", 0, "",
     "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec"),
    ("en-long", 0, "",
     "Jan Feb Mar Apr May June July Aug Sept Oct Nov Dec"),
    ("en-ap", 0, "",
     "Jan. Feb. March April May June July Aug. Sept. Oct. Nov. Dec."),
    ("en-dot", 0, "",
     "Jan. Feb. Mar. Apr. May Jun. Jul. Aug. Sep. Oct. Nov. Dec."),
    ("de-mrz", 1, "",
     "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez"),
    ("de-dot", 1, "",
     "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
    ("fr-plain", 2, "",
     "janv févr mars avr mai juin juil août sept oct nov déc"),
    ("pt-dot", 5, "",
     "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez."),
    ("nl-dot", 6, "",
     "jan. feb. mrt. apr. mei jun. jul. aug. sep. okt. nov. dec."),
];

/// English first.
pub static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    let language = |(code, base, full, short): &(&'static str, usize, &'static str, &'static str)| {
        let full = words(if full.is_empty() { MONTHS[*base].2 } else { full });
        let ways = || MONTHS.iter().filter(|other| other.1 == *base).map(|other| words(other.3));
        let read = |(month, full): (usize, &&'static str)| {
            ways().flat_map(|way| way[month].split('|')).chain([*full]).collect()
        };
        let first = |names: &'static str| names.split('|').next().unwrap_or(names);
        Language {
            code,
            base: *base,
            read: full.iter().enumerate().map(read).collect(),
            full,
            short: words(short).into_iter().map(first).collect(),
        }
    };
    MONTHS.iter().map(language).collect()
});

impl Language {
    /// The name of a month (0 is January), as the language writes it.
    pub fn month(&self, i: usize, full: bool) -> &'static str {
        let names = if full { &self.full } else { &self.short };
        names.get(i).copied().unwrap_or_default()
    }

    /// The month at the front of a text, and what follows; the longest of several names.
    pub fn take_month<'a>(&self, rest: &'a [u8], full: bool) -> Option<(usize, &'a [u8])> {
        let names = |i: usize| match full {
            true => self.full.get(i..=i).unwrap_or_default(),
            false => self.read.get(i).map(Vec::as_slice).unwrap_or_default(),
        };
        (0..12)
            .flat_map(|i| names(i).iter().filter_map(move |name| Some((i, strip(rest, name)?))))
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
