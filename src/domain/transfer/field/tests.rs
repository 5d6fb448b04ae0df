//! Tests of `field`.

use super::*;

/// A text that each field takes.
fn sample(field: Field) -> &'static str {
    match field.value(&TransferOptions::default()) {
        Value::Switch(_) => "true",
        Value::Number(_) => "7",
        Value::Text(_) => "1M",
        Value::List(_) => "*.a\n*.b",
    }
}

#[test]
fn each_field_is_one_of_json_and_is_read_back_as_it_was_written() {
    for field in Field::ALL {
        let mut options = TransferOptions::default();
        assert!(!field.is_set(&options) && field.text(&options).is_empty(), "{field:?}");
        field.set_text(&mut options, sample(*field)).expect("it is taken");
        assert_eq!((field.is_set(&options), field.text(&options).as_str()), (true, sample(*field)), "{field:?}");
        let json = serde_json::to_value(&options).expect("JSON");
        let names: Vec<_> = json.as_object().expect("an object").keys().collect();
        assert_eq!(names, [field.as_str()]);
        assert_eq!(Field::parse(field.as_str()), Some(*field));
        field.set_text(&mut options, "").expect("nothing is taken");
        assert_eq!(options, TransferOptions::default(), "{field:?}");
    }
    assert_eq!(Field::parse("bw_limit"), None);
}

#[test]
fn no_field_of_the_options_is_forgotten() {
    let mut all = TransferOptions::default();
    for field in Field::ALL {
        field.set_text(&mut all, sample(*field)).expect("it is taken");
    }
    // A new member has to be named here, and above.
    let TransferOptions {
        dry_run: _,
        checksum: _,
        delete_empty_src_dirs: _,
        bwlimit: _,
        transfers: _,
        checkers: _,
        exclude: _,
        include: _,
        min_age: _,
        max_age: _,
        min_size: _,
        max_size: _,
        max_delete: _,
        backup_dir: _,
        flags,
    } = &all;
    assert!(flags.is_empty());
    assert_eq!(Field::ALL.len(), 14);
}

#[test]
fn a_form_is_read_as_it_is_meant() {
    for (field, text, read) in [
        (Field::Transfers, " 8 ", "8"),
        (Field::Bwlimit, " 10M ", "10M"),
        (Field::BackupDir, "b2:old ", "b2:old "),
        (Field::Exclude, " *.a \n\n*.b\n", "*.a\n*.b"),
        (Field::Checksum, "false", ""),
        (Field::MinAge, "  ", ""),
    ] {
        let mut options = TransferOptions::default();
        field.set_text(&mut options, text).expect("it is taken");
        assert_eq!(field.text(&options), read, "{field:?} {text:?}");
    }
    for bad in ["many", "1.5", "-1", "010", "1e3", "4294967296"] {
        assert!(Field::Transfers.set_text(&mut TransferOptions::default(), bad).is_err(), "{bad}");
    }
}

#[test]
fn what_a_form_asks_for_is_taken() {
    for operation in Operation::ALL {
        for field in Field::ALL.iter().filter(|field| field.fits(operation)) {
            let mut options = TransferOptions::default();
            field.set_text(&mut options, sample(*field)).expect("it is taken");
            let named = options.validate(operation).err().map(|error| error.fields).unwrap_or_default();
            let refused = named.get(field.as_str()).is_some_and(|why| Some(why) == field.refusal(operation).as_ref());
            assert!(!refused, "{operation:?} {field:?}");
        }
    }
}
