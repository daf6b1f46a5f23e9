//! The verdict, the totals, the image and its best classes.

use maud::{html, Markup};

use super::document::Run;
use super::format::{count, maybe, si};

/// What is said of a run before all else, and how it is meant.
pub fn verdict(run: &Run) -> (&'static str, String) {
    let compared = run.groups.iter().filter(|group| group.mismatches.is_some());
    let values: u64 = compared.clone().map(|group| group.values).sum();
    let wrong: u64 = compared.clone().filter_map(|group| group.mismatches).sum();
    match (compared.count(), wrong) {
        (0, _) => ("open", "Nothing was compared with the golden model.".into()),
        (_, 0) => (
            "good",
            format!(
                "0 of {} values differ from the golden model.",
                count(values)
            ),
        ),
        _ => (
            "bad",
            format!(
                "{} of {} values differ from the golden model.",
                count(wrong),
                count(values)
            ),
        ),
    }
}

/// A run's name: what ran where.
pub fn name(run: &Run) -> String {
    let network = run.network.as_deref().unwrap_or("network");
    match run.layers.as_slice() {
        [first, .., last] => format!(
            "{network} on {}: {} to {}",
            run.board, first.name, last.name
        ),
        _ => format!("{network} on {}", run.board),
    }
}

/// Verdict and totals.
pub fn totals(run: &Run, id: &str) -> Markup {
    let (class, text) = verdict(run);
    let (config, totals) = (&run.config, &run.totals);
    let predicted = totals.predicted_cycles.max(1) as f64 / (f64::from(config.clock_mhz) * 1e6);
    html! {
        section {
            h2 id=(id) { "Totals" }
            p.verdict.(class) { (text) }
            dl {
                (pair("board", &run.board))
                (pair("configuration", &format!("{}, {} lanes, {}", config.name, config.lanes, config.device.name)))
                (pair("clock", &format!("{} MHz", config.clock_mhz)))
                @if let Some(blocks) = run.blocks { (pair("maps cut into blocks", &String::from(blocks))) }
                (pair("cycles counted", &maybe(totals.cycles)))
                (pair("cycles predicted", &count(totals.predicted_cycles)))
                @match totals.fps {
                    Some(fps) => (pair("frames a second, counted", &format!("{fps:.2}"))),
                    None => (pair("frames a second, predicted", &format!("{:.2}", 1.0 / predicted))),
                }
                (pair("multiply-accumulates", si(totals.macs as f64, "").trim_end()))
                (pair("memory traffic", &si(totals.sdram_bytes as f64, "B")))
                @if let Some(bytes) = totals.link_bytes { (pair("over the link", &si(bytes as f64, "B"))) }
                @if let Some(bytes) = totals.kept_bytes.filter(|bytes| *bytes > 0) {
                    (pair("in memory already", &si(bytes as f64, "B")))
                }
                (pair("whole command", &si(run.wall_seconds, "s")))
            }
            p.small { "Frames a second are clock divided by cycles; the link is not in them." }
            @if let Some(line) = run.line.as_ref().filter(|line| !line.is_empty()) {
                details {
                    summary { "The line's counters" }
                    table {
                        caption { "Counted by the host since the port was opened" }
                        tbody {
                            @for (name, number) in line {
                                tr { th scope="row" { (name.replace('_', " ")) } td.n { (count(*number)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn pair(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

/// The image and its best classes.
pub fn image(run: &Run, id: &str) -> Markup {
    html! {
        section {
            h2 id=(id) { "Image" }
            div.image {
                @if let Some(data) = &run.report {
                    figure {
                        img.photograph src=(data.image.url()) alt="the photograph as the network sees it: resized and cropped";
                        @if let Some(path) = &run.image { figcaption { (file_name(path)) } }
                    }
                } @else {
                    p.absent {
                        @if let Some(path) = &run.image { (file_name(path)) ". " }
                        "The picture is not in this run: " code { "--report-data" } " keeps it."
                    }
                }
                (guesses(run))
            }
        }
    }
}

/// The last part of a path: where somebody keeps photographs is nobody's business.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

fn guesses(run: &Run) -> Markup {
    if run.top5.is_empty() {
        return html! { p.absent { "No classes: part of a network was run, or one without a classifier." } };
    }
    html! {
        table.guesses {
            caption { "The best classes" }
            thead { tr { th scope="col" { "class" } th scope="col" { "probability" } th.n scope="col" { "score" } } }
            tbody {
                @for guess in &run.top5 {
                    tr {
                        th scope="row" { (guess.class) @if let Some(name) = &guess.name { " " (name) } }
                        td {
                            span.bar aria-hidden="true" { span style=(format!("width:{:.1}%", 100.0 * guess.probability)) {} }
                            (format!("{:.1} %", 100.0 * guess.probability))
                        }
                        td.n { (format!("{:.3}", guess.score)) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn the_verdict_is_of_what_was_compared() {
        let mut run = testing::run();
        let values: u64 = run.groups.iter().map(|group| group.values).sum();
        let (class, text) = verdict(&run);
        assert_eq!(
            (class, text),
            (
                "good",
                format!(
                    "0 of {} values differ from the golden model.",
                    count(values)
                )
            )
        );
        run.groups[0].mismatches = Some(3);
        run.groups[1].mismatches = None;
        let (class, text) = verdict(&run);
        assert_eq!(class, "bad");
        assert!(text.starts_with(&format!("3 of {} values", count(run.groups[0].values))));
        run.groups[0].mismatches = None;
        assert_eq!(verdict(&run).0, "open");
    }

    #[test]
    fn bars_are_probabilities_and_names_are_texts() {
        let mut run = testing::run();
        run.top5[0].probability = 0.625;
        run.top5[0].name = Some("<b>tench</b>".into());
        let page = image(&run, "r1-image").into_string();
        run.image = Some("/home/somebody/a.jpg".into());
        assert!(!image(&run, "r1-image").into_string().contains("somebody"));
        assert!(page.contains("width:62.5%") && page.contains("&lt;b&gt;tench"));
        run.top5.clear();
        assert!(image(&run, "r1-image").into_string().contains("No classes"));
    }

    #[test]
    fn the_line_is_there_if_there_was_one() {
        let mut run = testing::run();
        assert!(!totals(&run, "t").into_string().contains("frames repeated"));
        run.line = Some([("frames_repeated".to_string(), 12_345)].into());
        let page = totals(&run, "t").into_string();
        assert!(page.contains("frames repeated") && page.contains("12,345"));
    }
}
