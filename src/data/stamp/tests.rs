use super::*;

fn style(patterns: &[&str], zone: Option<&str>) -> TimeStyle {
    let columns = patterns.iter().map(|p| (*p).to_owned()).collect();
    let patterns = patterns.iter().map(|p| Pattern::new(p).unwrap()).collect();
    TimeStyle::new(columns, patterns, zone.map(|z| Zone::new(z).unwrap()))
}

#[test]
fn stamps_go_out_in_the_form_they_came_in() {
    // 2013-07-01T00:00:00Z is 1372636800.
    let t = 1_372_636_800;
    for (patterns, zone, out) in [
        (&["%Y-%m-%dT%H:%M:%SZ"][..], None, "2013-07-01T00:00:00Z"),
        (&["%Y-%m-%dT%H:%M:%SZ"][..], Some("Europe/Rome"), "2013-07-01T00:00:00Z"),
        (&["%Y-%m-%d %H:%M"][..], Some("Europe/Rome"), "2013-07-01 02:00"),
        (&["%Y-%m-%dT%H:%M:%S%:z"][..], Some("Europe/Rome"), "2013-07-01T02:00:00+02:00"),
        (&["%d/%m/%Y", "%H.%M.%S"][..], None, "01/07/2013 00.00.00"),
        (&["%Y/%m/%d", "%H%M UTC"][..], None, "2013/07/01 0000 UTC"),
        (&["%Y", "%-m", "%-d", "%-H"][..], None, "2013 7 1 0"),
        (&["%s"][..], None, "1372636800"),
    ] {
        let s = style(patterns, zone);
        assert_eq!(s.display(t), out);
        assert_eq!(s.parse_one(out).unwrap(), t, "{out}");
        let json = serde_json::to_string(&s).unwrap();
        assert_eq!(serde_json::from_str::<TimeStyle>(&json).unwrap(), s);
    }
    assert_eq!(style(&["%Y-%m-%d"], Some("Europe/Rome")).local_seconds(t), t + 7200);
    assert_eq!(style(&["%d/%m/%Y"], None).parse_one("2013-07-01").unwrap(), t);
    assert!(style(&["%d/%m/%Y"], None).parse_one("soon").is_err());
}

#[test]
fn the_latest_offset_continues() {
    let mut s = style(&["%Y-%m-%dT%H:%M:%S%:z"], None);
    s.set_offset(-5 * 3600);
    assert_eq!(s.display(1_372_636_800), "2013-06-30T19:00:00-05:00");
    assert_eq!(s.parse_one("2013-06-30T19:00:00").unwrap(), 1_372_636_800);
}
