//! The page: its head, and the parts one below the other.

use maud::{html, Markup, PreEscaped, DOCTYPE};

use super::document::{Document, Run};
use super::{cycles, maps, roofline, strip, summary, timeline};

/// Colours, for light and dark, and sizes, for a screen, a telephone and paper.
const STYLE: &str = include_str!("style.css");
/// What the browser may load: nothing but the pictures and the style within the page.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// Draws a part of a run below a heading with that id.
type Part = fn(&Run, &str) -> Markup;

/// Ids of the parts, names for the list of contents, and who draws them.
const PARTS: [(&str, &str, Part); 8] = [
    ("totals", "Totals", summary::totals),
    ("image", "Image", summary::image),
    ("layers", "Layers", strip::section),
    ("roofline", "Roofline", roofline::section),
    ("cycles", "Cycles", cycles::section),
    ("timeline", "Timeline", timeline::section),
    ("maps", "Feature maps", maps::pictures),
    ("heat", "Values that differ", maps::mismatches),
];

/// The whole page: one file of HTML.
pub fn page(document: &Document) -> String {
    let title = document.runs.first().map_or(String::new(), summary::name);
    let several = document.runs.len() > 1;
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                title { "rowfuse: " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    h1 { "rowfuse: " (title) }
                    @if let Some(reason) = &document.failure { p.verdict.bad { "The command failed: " (reason) } }
                    @if several {
                        p { "This page tells of " (document.runs.len()) " runs of the same image:" }
                        ol {
                            @for (index, run) in document.runs.iter().enumerate() {
                                li { a href=(format!("#r{}", index + 1)) { (summary::name(run)) } ". " (summary::verdict(run).1) }
                            }
                        }
                    }
                }
                main {
                    @for (index, run) in document.runs.iter().enumerate() {
                        (one(run, index + 1, several))
                    }
                }
                footer { p.small { "Made by rowfuse " (env!("CARGO_PKG_VERSION")) "." } }
            }
        }
    };
    page.into_string()
}

fn one(run: &Run, number: usize, several: bool) -> Markup {
    let id = |part: &str| format!("r{number}-{part}");
    html! {
        article id=(format!("r{number}")) {
            @if several { h1 { "Run " (number) ": " (summary::name(run)) } }
            nav aria-label=(format!("parts of run {number}")) {
                @for (part, name, _) in PARTS { a href=(format!("#{}", id(part))) { (name) } " " }
            }
            @for (part, _, draw) in PARTS { (draw(run, &id(part))) }
        }
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
