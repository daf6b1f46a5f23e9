//! Numbers as people read them.

/// Digits in groups of three.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same, or a dash for nothing.
pub fn maybe(number: Option<u64>) -> String {
    number.map_or("–".into(), count)
}

/// Three digits with a decimal prefix and a unit: `7.25 MB`.
pub fn si(number: f64, unit: &str) -> String {
    const PREFIXES: [&str; 9] = ["n", "µ", "m", "", "k", "M", "G", "T", "P"];
    if number == 0.0 || !number.is_finite() {
        return format!("{number} {unit}");
    }
    // What rounds to 1000 is 1 of the next.
    let rounded = |power: i32| number.abs() / 1000f64.powi(power);
    let mut power = (number.abs().log10() / 3.0).floor() as i32;
    if rounded(power) >= 999.5 {
        power += 1;
    }
    let power = power.clamp(-3, 5);
    let scaled = number / 1000f64.powi(power);
    let decimals = match scaled.abs() {
        n if n < 9.995 => 2,
        n if n < 99.95 => 1,
        _ => 0,
    };
    let prefix = PREFIXES[(power + 3) as usize];
    format!("{scaled:.decimals$} {prefix}{unit}")
}

/// [`si`] without zeros at the end: for ticks of an axis, which are round.
pub fn tick(number: f64, unit: &str) -> String {
    let text = si(number, unit);
    let (digits, rest) = text.split_once(' ').unwrap_or((&text, ""));
    let short = match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.'),
        false => digits,
    };
    match rest {
        "" => short.into(),
        rest => format!("{short} {rest}"),
    }
}

/// A share of 1.
pub fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// A text of at most so many characters.
pub fn short(text: &str, most: usize) -> String {
    match text.chars().count() <= most {
        true => text.into(),
        false => text
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_prefixes() {
        assert_eq!(
            [0, 999, 1000, 30_718_123].map(count),
            ["0", "999", "1,000", "30,718,123"]
        );
        assert_eq!(maybe(None), "–");
        let cases = [
            (7.25e6, "7.25 MB"),
            (999.4, "999 B"),
            (999.6, "1.00 kB"),
            (0.0, "0 B"),
            (12_345.0, "12.3 kB"),
            (0.000_45, "450 µB"),
            (-2e9, "-2.00 GB"),
            (1e-30, "0.00 nB"),
            (3e20, "300000 PB"),
        ];
        for (number, text) in cases {
            assert_eq!(si(number, "B"), text);
        }
        assert_eq!(percent(0.346), "35 %");
        let cases = [
            (5e10, "50 Gop"),
            (2.5e3, "2.5 kop"),
            (200.0, "200 op"),
            (0.0, "0 op"),
        ];
        for (number, text) in cases {
            assert_eq!(tick(number, "op"), text);
        }
        assert_eq!(tick(20_000.0, ""), "20 k");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(short("größer", 6), "größer");
        assert_eq!(short("größer", 4), "grö…");
        assert_eq!(short("", 0), "");
    }
}
