//! The forms in which one secret may appear in a text: obscured, percent-encoded, in base64, in JSON.

use aes::Aes256;
use base64::{
    Engine as _,
    prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD},
};
use ctr::{
    Ctr128BE,
    cipher::{KeyIvInit as _, StreamCipher as _},
};
use serde_json::Value;

use super::SHORTEST;

/// The key with which rclone obscures: it is in its source, for everybody.
pub(super) const KEY: [u8; 32] = [
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b, 0xd3, 0x90, 0x19,
    0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
];

/// A value in all the forms in which it may be said again.
pub(super) fn forms(value: &str) -> Vec<String> {
    let mut found = vec![value.to_owned()];
    let escape = |plain: &[u8], upper: bool| -> String {
        let one = |byte: u8| match byte {
            byte if byte.is_ascii_alphanumeric() || plain.contains(&byte) => char::from(byte).to_string(),
            byte if upper => format!("%{byte:02X}"),
            byte => format!("%{byte:02x}"),
        };
        value.bytes().map(one).collect()
    };
    for upper in [true, false] {
        found.push(escape(b"-._~", upper));
        found.push(escape(b"-._~$&+=:@", upper));
        found.push(escape(b"-._~/", upper));
        found.push(escape(b"-._~ ", upper).replace(' ', "+"));
    }
    for upper in [true, false] {
        found.push(
            value.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect(),
        );
    }
    // Behind something of any length, as in `user:password`: what of it does not depend on its neighbours.
    for before in 0..3_usize {
        let bytes = [vec![0; before], value.as_bytes().to_vec()].concat();
        let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        for text in [BASE64_STANDARD_NO_PAD.encode(&bytes), BASE64_URL_SAFE_NO_PAD.encode(&bytes)] {
            // With what is left of the last byte, where nothing follows.
            found.extend([text.get(start..end), text.get(start..)].into_iter().flatten().map(str::to_owned));
        }
    }
    let json = |text: &str| {
        let quoted = Value::String(text.to_owned()).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let go = |text: &str| text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    let once: Vec<String> = found.iter().flat_map(|text| [json(text), go(&json(text))]).collect();
    let twice: Vec<String> = once.iter().map(|text| json(text)).collect();
    found.extend(once);
    found.extend(twice);
    found.retain(|text| text.len() >= value.len().min(SHORTEST));
    found
}

/// What rclone obscured. `None` where it did not.
pub(super) fn reveal(value: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(value).ok()?;
    let (iv, text) = bytes.split_at_checked(16)?;
    let mut text = text.to_vec();
    Ctr128BE::<Aes256>::new_from_slices(&KEY, iv).ok()?.apply_keystream(&mut text);
    String::from_utf8(text).ok().filter(|text| !text.is_empty() && !text.chars().any(char::is_control))
}
