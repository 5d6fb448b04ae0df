//! Patterns of rclone's filters, as far as their brackets and stars go. What is between them becomes an expression of
//! Go's, which only rclone itself can judge.

/// What is open while a pattern is read.
#[derive(Default)]
struct Open {
    stars: u32,
    braces: u32,
    brackets: u32,
    escaped: bool,
    expression: bool,
    expression_ends: bool,
}

/// What is wrong with a pattern, as rclone would say it.
pub fn glob(pattern: &str) -> Result<(), &'static str> {
    const BRACKETS: &str = "“[” and “]” do not match. Write \\[ for the character itself.";
    const BRACES: &str = "“{” and “}” do not match. Write \\{ for the character itself.";
    let (mut open, mut last) = (Open::default(), '\0');
    for c in pattern.strip_prefix('/').unwrap_or(pattern).chars() {
        let before = std::mem::replace(&mut last, c);
        if std::mem::take(&mut open.escaped) {
            continue;
        }
        if open.expression_ends {
            if c == '}' {
                continue;
            }
            open.expression_ends = false;
        }
        if open.expression {
            if c == '}' && before == '}' {
                (open.expression, open.expression_ends) = (false, true);
            }
            continue;
        }
        if c == '*' {
            if open.brackets == 0 {
                open.stars += 1;
                continue;
            }
        } else {
            end_stars(&mut open.stars)?;
        }
        if open.brackets > 0 {
            match c {
                '[' => open.brackets += 1,
                ']' => open.brackets -= 1,
                _ => {}
            }
            continue;
        }
        match c {
            '\\' => open.escaped = true,
            '[' => open.brackets += 1,
            ']' => return Err(BRACKETS),
            '{' if open.braces > 0 && before == '{' => {
                open.expression = true;
                open.braces -= 1;
            }
            '{' => open.braces += 1,
            '}' => open.braces = open.braces.checked_sub(1).ok_or(BRACES)?,
            _ => {}
        }
    }
    end_stars(&mut open.stars)?;
    if open.brackets > 0 {
        return Err(BRACKETS);
    }
    if open.braces > 0 || open.expression {
        return Err(BRACES);
    }
    Ok(())
}

fn end_stars(stars: &mut u32) -> Result<(), &'static str> {
    if std::mem::take(stars) > 2 { Err("Use at most two stars in a row.") } else { Ok(()) }
}

/// What is wrong with a rule of a filter: `+ pattern`, `- pattern`, or `!` which forgets the rules before it.
pub fn rule(text: &str) -> Result<(), &'static str> {
    if text == "!" {
        return Ok(());
    }
    match ["+ ", "- "].iter().find_map(|start| text.strip_prefix(start)) {
        Some(pattern) if !pattern.trim().is_empty() => glob(pattern),
        _ => Err("A rule is “+ pattern”, “- pattern” or “!”."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_braces_and_stars_belong_together() {
        for good in [
            "*.tmp",
            "/cache/**",
            "{a,b}",
            "{{.*}}",
            "[a-z]",
            "\\[",
            "a\\",
            "{a,{b,c}}",
            "[[]]",
            "**.jpg",
            "{{a{2}}}",
            "[*]",
            "\\***",
        ] {
            assert_eq!(glob(good), Ok(()), "{good}");
        }
        for bad in ["[", "{a", "a}", "***", "**/*/***x", "[]a]", "]", "{{a", "{{a}", "{{a}}b}", "[[]", "a{b,{c}"] {
            assert!(glob(bad).is_err(), "{bad}");
        }
        for (text, good) in [
            ("+ *.jpg", true),
            ("- *", true),
            ("!", true),
            ("*.jpg", false),
            ("+x", false),
            ("- ", false),
            ("- [", false),
            ("! ", false),
        ] {
            assert_eq!(rule(text).is_ok(), good, "{text}");
        }
    }
}
