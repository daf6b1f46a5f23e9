//! What the tools print while they work: `Loading: [=====     ] 12.34%` and `Programming: 12% |`.

/// Stage and percentage of a line, complete or not; none if it is no line of progress.
pub(super) fn percent(line: &str) -> Option<(String, f64)> {
    let (before, _) = line.rsplit_once('%')?;
    let digits = before
        .rfind(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .map_or(0, |at| {
            at + before[at..].chars().next().map_or(0, char::len_utf8)
        });
    let percent: f64 = before[digits..].parse().ok()?;
    // A percentage in a sentence is none of progress.
    let head = before[..digits].trim_end();
    let stage = match head.split_once(':') {
        Some((stage, bar)) => bar
            .chars()
            .all(|c| " [=>-#]".contains(c))
            .then_some(stage)?,
        None => head
            .chars()
            .all(|c| " [=>-#]".contains(c))
            .then_some("programming")?,
    };
    (percent <= 100.0).then(|| (stage.trim().to_lowercase(), percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_from_sentences() {
        for (line, stage, value) in [
            ("Loading: [=====         ] 12.34%", "loading", 12.34),
            (
                "Loading: [=====================] 100.000000%",
                "loading",
                100.0,
            ),
            ("Erasing: [] 0.00%", "erasing", 0.0),
            ("Programming: 7% / ", "programming", 7.0),
            ("[====      ] 12%", "programming", 12.0),
            ("99.5%", "programming", 99.5),
        ] {
            assert_eq!(percent(line), Some((stage.into(), value)), "{line}");
        }
        for line in [
            "",
            "%",
            "Loading: [=====",
            "voltage is at 95% of 3.3 V",
            "verify: only 95% are equal",
            "Loading: [=] 101%",
            "Loading: [=] 1.2.3%",
            "größe: ü%",
        ] {
            assert_eq!(percent(line), None, "{line}");
        }
    }
}
