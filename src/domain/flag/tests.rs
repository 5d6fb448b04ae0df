//! Tests of `flag`.

use serde_json::{Value, json};

use super::*;

fn flag(kind: FlagKind) -> Flag {
    let choices = vec!["HARD".to_owned(), "SOFT".to_owned()];
    Flag { name: "x".into(), help: String::new(), kind, default: String::new(), group: String::new(), choices }
}

fn value(json: Value) -> FlagValue {
    serde_json::from_value(json).expect("anything is a value")
}

#[test]
fn a_value_is_of_its_kind_or_refused() {
    use FlagKind::{Bandwidth, Bool, Choice, Duration, Float, Int, List, Size, Text, Time};
    for (kind, good, bad) in [
        (Bool, vec![json!(true), json!("false")], vec![json!(1), json!("yes"), json!(null), json!([true]), json!("")]),
        (
            Int,
            vec![json!(-1), json!("12"), json!(0)],
            vec![json!(1.5), json!("0x10"), json!(-2), json!(1_u64 << 40), json!("1_0"), json!("010"), json!("+5")],
        ),
        (Float, vec![json!(1.5), json!("2"), json!(0)], vec![json!(-1), json!("NaN"), json!("inf"), json!("-0.5")]),
        (
            Size,
            vec![json!("16Mi"), json!("off"), json!(512), json!("1.5G")],
            vec![json!("10kb"), json!("9000P"), json!("-1"), json!("M")],
        ),
        (
            Duration,
            vec![json!("1h30m"), json!("1ns"), json!("0")],
            vec![
                json!("-1s"),
                json!("1h 1m"),
                json!("1d"),
                json!("90"),
                json!("off"),
                json!("3000000h"),
                json!("2026-05-01"),
            ],
        ),
        (
            Bandwidth,
            vec![json!("1M:2M"), json!("Mon-08:00,512k 23:00,off")],
            vec![json!("8:00,1M"), json!("24:00,1M"), json!("")],
        ),
        (
            Time,
            vec![json!("2026-05-01"), json!("2026-05-01T10:00:00Z")],
            vec![json!("1d"), json!("2026-13-01"), json!("2026-05-01T")],
        ),
        (Choice, vec![json!("soft")], vec![json!("gentle"), json!(1)]),
        (
            Text,
            vec![json!("a b"), json!("--config=x")],
            vec![json!(""), json!("a\nb"), json!("a\0"), json!(1), json!({})],
        ),
        (List, vec![json!(["a", "b,c"]), json!("a")], vec![json!([]), json!(["a\n"]), json!([1]), json!({ "a": 1 })]),
    ] {
        for json in good {
            let checked =
                flag(kind).check(&value(json.clone())).unwrap_or_else(|problem| panic!("{kind:?} {json}: {problem}"));
            assert_eq!(flag(kind).check(&checked).as_ref(), Ok(&checked), "{kind:?} {json} is not stable");
        }
        for json in bad {
            assert!(flag(kind).check(&value(json.clone())).is_err(), "{kind:?} {json}");
        }
    }
}

#[test]
fn a_value_has_one_form_however_it_is_written() {
    assert_eq!(flag(FlagKind::Choice).check(&value(json!("soft"))), Ok(value(json!("SOFT"))));
    assert_eq!(flag(FlagKind::Int).check(&value(json!(" 10 "))), Ok(value(json!(10))));
    assert_eq!(flag(FlagKind::Float).check(&value(json!("2"))), Ok(value(json!(2))));
    assert_eq!(value(json!(["a", "b"])).to_args(), ["a", "b"]);
    assert_eq!(value(json!(true)).to_args(), ["true"]);
}
