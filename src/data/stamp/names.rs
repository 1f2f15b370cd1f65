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
pub const BASES: usize = 22;

/// Code, place of the language, full months (those of the language where none stand here), and short ones: the first of
/// several is written, all are read.
#[rustfmt::skip]
const MONTHS: [(&str, usize, &str, &str); 43] = [
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
    ("sv", 7, "januari februari mars april maj juni juli augusti september oktober november december",
     "jan feb mar|mars apr maj jun jul aug sep|sept okt nov dec"),
    ("da", 8, "januar februar marts april maj juni juli august september oktober november december",
     "jan feb mar|mars apr maj|mai jun jul aug sep|sept okt nov dec|des"),
    ("pl", 9, "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
     "sty lut mar kwi maj cze lip sie wrz paź lis gru"),
    ("cs", 10, "leden únor březen duben květen červen červenec srpen září říjen listopad prosinec",
     "led úno bře dub kvě čvn|čer čvc srp zář říj lis pro"),
    ("fi", 11, "tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
     "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu"),
    ("ro", 12, "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
     "ian feb mar apr mai iun iul aug sept|sep oct nov|noi dec"),
    ("hu", 13, "január február március április május június július augusztus szeptember október november december",
     "jan|jan. febr|febr. márc|márc. ápr|ápr. máj|máj. jún|jún. júl|júl. aug|aug. szept|szept. okt|okt. nov|nov. dec|dec."),
    ("tr", 14, "Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
     "Oca Şub Mar Nis May Haz Tem Ağu Eyl Eki Kas Ara"),
    ("ru", 15, "январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь",
     "янв фев|февр мар апр май июн июл авг сен|сент окт ноя|нояб дек"),
    ("uk", 16, "січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
     "січ лют бер квіт|кві трав|тра черв|чер лип серп|сер вер жовт|жов лист|лис груд|гру"),
    ("el", 17, "Ιανουάριος Φεβρουάριος Μάρτιος Απρίλιος Μάιος Ιούνιος Ιούλιος Αύγουστος Σεπτέμβριος Οκτώβριος Νοέμβριος Δεκέμβριος",
     "Ιαν Φεβ Μαρ Απρ Μαΐ|Μάι|Μάϊ Ιουν Ιουλ Αυγ Σεπ Οκτ Νοε Δεκ"),
    ("id", 18, "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
     "Jan Feb Mar Apr Mei Jun Jul Agu|Agt Sep Okt Nov Des"),
    ("sk", 19, "január február marec apríl máj jún júl august september október november december",
     "jan feb mar apr máj jún júl aug sep okt nov dec"),
    ("ca", 20, "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
     "gen.|gen febr.|febr|feb març abr.|abr maig juny jul.|jul ag.|ag set.|set oct.|oct nov.|nov des.|des"),
    ("bg", 21, "януари февруари март април май юни юли август септември октомври ноември декември",
     "яну фев мар апр май юни юли авг сеп|септ окт ное дек"),
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
    ("no", 8, "januar februar mars april mai juni juli august september oktober november desember",
     "jan feb mar apr mai jun jul aug sep okt nov des"),
    ("sv-dot", 7, "",
     "jan. feb. mars apr. maj juni juli aug. sep. okt. nov. dec."),
    ("da-dot", 8, "",
     "jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec."),
    ("pl-of", 9, "",
     "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
    ("cs-of", 10, "",
     "ledna února března dubna května června července srpna září října listopadu prosince"),
    ("fi-of", 11, "",
     "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta"),
    ("hu-dot", 13, "",
     "jan. febr. márc. ápr. máj. jún. júl. aug. szept. okt. nov. dec."),
    ("ru-of", 15, "",
     "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"),
    ("ru-dot", 15, "",
     "янв. февр. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек."),
    ("sk-of", 19, "",
     "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra"),
    ("uk-of", 16, "",
     "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня"),
    ("el-of", 17, "",
     "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου"),
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

    /// Whether a text in lower case holds a month's name of any form.
    pub fn is_in(&self, lower: &str) -> bool {
        self.read
            .iter()
            .flatten()
            .any(|name| lower.contains(name.trim_end_matches('.').to_lowercase().as_str()))
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
