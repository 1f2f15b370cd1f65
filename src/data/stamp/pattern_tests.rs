use super::*;
use crate::data::stamp::iso::Moment;

fn parse(pattern: &str, cell: &str) -> Result<Moment, Reject> {
    let mut parts = Parts::default();
    Pattern::new(pattern).unwrap().parse(cell.as_bytes(), &mut parts)?;
    parts.resolve()
}

#[test]
fn reads_and_prints_each_form() {
    // Seconds from `date -u -d '2004-03-10 18:00' +%s` and the like.
    for (pattern, cell, local) in [
        ("%d/%m/%Y %H.%M.%S", "10/03/2004 18.00.00", 1_078_941_600),
        ("%m/%d/%Y %H:%M", "03/10/2004 18:00", 1_078_941_600),
        ("%-d.%-m.%y %-H:%M", "10.3.04 18:00", 1_078_941_600),
        ("%Y%m%d%H", "2004031018", 1_078_941_600),
        ("%d %b %Y %I:%M %p", "10 Mar 2004 06:00 PM", 1_078_941_600),
        ("%B %-d, %Y", "March 10, 2004", 1_078_876_800),
        ("%Y", "2024", 1_704_067_200),
        ("%Y-%m", "2024-03", 1_709_251_200),
        ("%G-W%V", "2024-W05", 1_706_486_400),
        ("%G-W%V", "2020-W53", 1_609_113_600),
        ("%Y-Q%q", "2024-Q2", 1_711_929_600),
        ("%Y/%m/%d %H%M UTC", "2026/01/01 0100 UTC", 1_767_229_200),
        ("%s", "1078941600", 1_078_941_600),
        ("%3s", "1078941600000", 1_078_941_600),
        ("%Y-%j", "2024-060", 1_709_164_800),
        ("%YH%6q", "2024H2", 1_719_792_000),
        ("%12.3g", "1949.083", -660_009_600),
        ("%12.11g", "1949.08333333333", -660_009_600),
        ("%:12.4g", "1949.1250", -660_009_600),
        ("%-12.3g", "1949.25", -654_912_000),
        ("%-12.3g", "1949", -662_688_000),
        ("%{en-ap}b %-d, %Y", "Sept. 10, 2004", 1_094_774_400),
        ("%{de-mrz}b %Y", "Mrz 2004", 1_078_099_200),
        ("%d-%b-%Y %H.%M.%S.%9f", "10-Mar-2004 18.00.00.000000000", 1_078_941_600),
        ("%Y年%m月%d日 %H时", "2004年03月10日 18时", 1_078_941_600),
    ] {
        let m = parse(pattern, cell).unwrap();
        assert_eq!(m.local, local, "{pattern} {cell}");
        assert_eq!(Pattern::new(pattern).unwrap().format(local, 0), cell);
    }
    assert_eq!(parse("%d/%m/%Y", "31/02/2004"), Err(Reject::Calendar));
    assert_eq!(parse("%G-W%V", "2024-W53"), Err(Reject::Calendar));
    assert_eq!(parse("%d/%m/%Y", "3/1/04"), Err(Reject::Form));
    assert_eq!(parse("%3s", "1078941600500"), Err(Reject::Fraction));
    assert_eq!(parse("%12.3g", "1949.120"), Err(Reject::Form));
    assert_eq!(parse("%YH%6q", "2024H3"), Err(Reject::Calendar));
    assert!(Pattern::new("%Q").is_err());
    assert!(Pattern::new("words").is_err());
}

#[test]
fn offsets_are_kept() {
    let m = parse("%d/%m/%Y %H:%M%:z", "10/03/2004 18:00+01:00").unwrap();
    assert_eq!((m.local, m.offset, m.utc()), (1_078_941_600, Some(3600), 1_078_938_000));
    let p = Pattern::new("%d/%m/%Y %H:%M%:z").unwrap();
    assert_eq!(p.format(m.local, 3600), "10/03/2004 18:00+01:00");
}
