use super::*;

fn texts(cells: &[&str]) -> Vec<String> {
    patterns(cells, true).iter().map(|p| p.text().to_owned()).collect()
}

/// Hours without padding are none of the fast parser's, though most of them look so.
#[test]
fn only_padded_forms_are_iso() {
    let iso = |text: &str| is_iso(&[Pattern::new(text).unwrap()]);
    assert!(iso("%Y-%m-%d %H:%M") && iso("%Y-%m-%dT%H:%M:%S%:z") && iso("%Y-%m-%d"));
    assert!(!iso("%Y-%m-%d %-H:%M") && !iso("%Y-%-m-%-d") && !iso("%d/%m/%Y"));
}

#[test]
fn each_form_is_recognised() {
    for (cells, text) in [
        (&["2013-03-01T00:00:00"][..], "%Y-%m-%dT%H:%M:%S"),
        (&["2013-03-01", "2013-03-01 01:00"][..], "%Y-%m-%d %H:%M"),
        (&["2013-03-01T00:00:00.000Z"][..], "%Y-%m-%dT%H:%M:%S.%3fZ"),
        (&["2013-03-01 00:00:00+01:00"][..], "%Y-%m-%d %H:%M:%S%:z"),
        (&["31/01/2013", "01/02/2013"][..], "%d/%m/%Y"),
        (&["1/31/2013 9:05", "12/1/2013 23:05"][..], "%-m/%-d/%Y %-H:%M"),
        (&["31.01.2013 09:05"][..], "%d.%m.%Y %H:%M"),
        (&["2013/01/31"][..], "%Y/%m/%d"),
        (&["20130131"][..], "%Y%m%d"),
        (&["2013"][..], "%Y"),
        (&["2013-W05"][..], "%G-W%V"),
        (&["2013-Q1"][..], "%Y-Q%q"),
        (&["1362096000"][..], "%s"),
        (&["1362096000000"][..], "%3s"),
        (&["2013030105"][..], "%Y%m%d%H"),
        (&["Mar 1, 2013 06:00 PM"][..], "%b %-d, %Y %I:%M %p"),
        (&["01-Mar-2013"][..], "%d-%b-%Y"),
        (&["2019-03-01 0:00", "2019-03-01 10:00"][..], "%Y-%m-%d %-H:%M"),
        (&["1960H1", "1960H2"][..], "%YH%6q"),
        (&["1949", "1949.08333333333", "1949.16666666667", "1949.25"][..], "%-12.11g"),
        (&["1949.000", "1949.083", "1949.167"][..], "%12.3g"),
        (&["1958.2027", "1958.2877", "1958.3699"][..], ""),
        (&["1958.0417", "1958.1250", "1958.2083"][..], "%:12.4g"),
        (&["Jan 2019", "June 2019", "Sept 2019"][..], "%{en-long}b %Y"),
        (&["MAR 2019", "JUN 2019"][..], "%^b %Y"),
        (&["March 2019", "June 2019"][..], "%B %Y"),
        (&["Mrz 19", "Dez 19"][..], "%{de-mrz}b %y"),
        (&["5. März 2019", "6. Juni 2019", "7. Dez. 2019"][..], "%-d. %{de-dot}b %Y"),
    ] {
        let found: Vec<&str> = [text].into_iter().filter(|t| !t.is_empty()).collect();
        assert_eq!(texts(cells), found, "{cells:?}");
    }
    assert_eq!(texts(&["2013-05"]), ["%Y-%m", "%G-%V"]);
    assert_eq!(texts(&["01/02/2013", "03/04/2013"]), ["%d/%m/%Y", "%m/%d/%Y"]);
    assert!(texts(&["NNW", "N"]).is_empty());
    assert_eq!(texts(&["31/01/2013", "01/31/2013", "30/01/2013"]), ["%d/%m/%Y"]);
    assert!(patterns(&["2013"], false).is_empty());
}

/// Months that are all 10 to 12 do not show how they are padded: the days do.
#[test]
fn padding_that_is_not_shown_is_that_of_the_others() {
    let spelled =
        |pattern: &str, cells: &[&str]| super::spelled(&Pattern::new(pattern).expect("a pattern"), cells);
    let text = |pattern: &str, cells: &[&str]| spelled(pattern, cells).text().to_owned();
    assert_eq!(text("%m/%d/%Y", &["10/1/2013", "11/12/2013"]), "%-m/%-d/%Y");
    assert_eq!(text("%m/%d/%Y", &["10/01/2013", "11/12/2013"]), "%m/%d/%Y");
    assert_eq!(text("%m/%d/%Y %H:%M", &["10/12/2013 10:05", "11/12/2013 12:00"]), "%m/%d/%Y %H:%M");
    assert_eq!(text("%V", &["10", "44"]), "%-V");
    assert_eq!(text("%V", &["09", "44"]), "%V");
}
