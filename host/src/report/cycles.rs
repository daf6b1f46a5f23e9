//! Predicted against counted cycles of every group, and what they go by.

use maud::{html, Markup};

use super::document::{Group, Run};
use super::draw::{chart, line, markup, rectangle, text, told, Anchor, WIDTH};
use super::format::{count, maybe, percent, short, tick};
use super::scale::Linear;
use crate::plan::Prediction;

/// What cycles go by: as a class of the style sheet, which is also a table's heading, and in words.
pub const PARTS: [(&str, &str); 6] = [
    ("multipliers", "multipliers at work"),
    ("weights", "waits for weights"),
    ("rows", "waits for rows"),
    ("output", "waits for results to leave"),
    ("interval", "least interval between tiles"),
    ("rest", "begins and ends of commands"),
];
/// Units left of the bars.
const LEFT: f64 = 188.0;
/// Units right of the longest bar, for its number.
const RIGHT: f64 = 84.0;
/// Units of height of a bar, and of a group.
const BAR: f64 = 12.0;
const PITCH: f64 = 38.0;
/// Characters of a group's name.
const NAME: usize = 23;

/// Cycles by [`PARTS`]; the last are those that are left.
pub fn parts(found: &Prediction) -> [u64; 6] {
    let known = [
        found.compute_cycles,
        found.stall_weights,
        found.stall_tokens,
        found.stall_output,
        found.stall_interval,
    ];
    let [work, weights, rows, output, interval] = known;
    let rest = found.cycles.saturating_sub(known.iter().sum());
    [work, weights, rows, output, interval, rest]
}

/// Predicted less counted, as a share of those counted.
pub fn error(group: &Group) -> Option<f64> {
    let counted = group.cycles? as f64;
    Some(group.predicted.cycles as f64 / counted - 1.0)
}

/// The bars of a group: who says so, and their parts.
fn bars(group: &Group) -> Vec<(&'static str, [u64; 6])> {
    let mut bars = vec![("predicted", parts(&group.predicted))];
    if group.cycles.is_some() {
        bars.push(("counted", parts(&group.counters)));
    }
    bars
}

/// Chart and table.
pub fn section(run: &Run, id: &str) -> Markup {
    let counts = run.groups.iter().any(|group| group.cycles.is_some());
    html! {
        section {
            h2 id=(id) { "Predicted and counted cycles" }
            @if counts {
                p { "The upper bar of each group is what the planner predicts, the lower one what the board's counters say." }
            } @else {
                p { "This board has no clock, so nothing was counted: the bars are predictions." }
            }
            ul.legend aria-label="what cycles go by" {
                @for (class, what) in PARTS {
                    li { span.key.(class) {} (what) }
                }
            }
            div.scroll tabindex="0" role="group" aria-labelledby=(id) { (draw(run, id)) }
            div.scroll tabindex="0" role="group" aria-labelledby=(id) { (table(run)) }
        }
    }
}

fn draw(run: &Run, id: &str) -> Markup {
    let ends = |group: &Group| {
        bars(group)
            .iter()
            .map(|(_, parts)| parts.iter().sum())
            .max()
    };
    let most: u64 = run.groups.iter().filter_map(ends).max().unwrap_or(1);
    let axis = Linear {
        most: most as f64,
        ends: [LEFT, WIDTH - RIGHT],
    };
    let height = PITCH * run.groups.len() as f64 + 26.0;
    let title = "Cycles of every group, predicted and counted";
    let text_of = format!(
        "{} groups; the table below has all numbers.",
        run.groups.len()
    );
    let mut chart = chart(&format!("{id}-chart"), [WIDTH, height], title, &text_of);
    for value in axis.ticks(6) {
        let x = axis.at(value);
        chart = chart
            .add(line([x, 2.0], [x, height - 20.0], "grid"))
            .add(text(x, height - 6.0, Anchor::Middle, &tick(value, "")));
    }
    for (index, group) in run.groups.iter().enumerate() {
        let top = 4.0 + PITCH * index as f64;
        let name = format!("{} {}", index + 1, short(&ends_of(run, index), NAME));
        let bars = bars(group);
        let middle = top + (BAR + 2.0) * bars.len() as f64 / 2.0;
        chart = chart.add(text(LEFT - 8.0, middle + 3.0, Anchor::End, &name));
        for (row, (who, parts)) in bars.into_iter().enumerate() {
            let y = top + (BAR + 2.0) * row as f64;
            let mut bar = told(&sentence(group, who, &parts));
            let mut before = 0;
            for ((class, _), cycles) in PARTS.iter().zip(parts) {
                let (from, to) = (axis.at(before as f64), axis.at((before + cycles) as f64));
                bar = bar.add(rectangle(from, y, to - from, BAR, class));
                before += cycles;
            }
            let end = axis.at(before as f64) + 5.0;
            chart = chart
                .add(bar)
                .add(text(end, y + BAR - 2.0, Anchor::Start, &count(before)).set("class", "small"));
        }
    }
    markup(&chart)
}

/// The names of a group's first and last layer.
fn ends_of(run: &Run, group: usize) -> String {
    let mut layers = run.layers.iter().filter(|layer| layer.group == group);
    let first = layers.next().map_or("", |layer| &layer.name);
    match layers.next_back() {
        Some(last) => format!("{first}–{}", last.name),
        None => first.into(),
    }
}

fn sentence(group: &Group, who: &str, parts: &[u64; 6]) -> String {
    let all: u64 = parts.iter().sum();
    let share = |cycles: u64| percent(cycles as f64 / all.max(1) as f64);
    let parts = PARTS.iter().zip(parts).filter(|(_, cycles)| **cycles > 0);
    let parts: Vec<String> = parts
        .map(|((_, what), cycles)| format!("{what} {}", share(*cycles)))
        .collect();
    format!(
        "{}, {who}: {} cycles: {}",
        group.name,
        count(all),
        parts.join(", ")
    )
}

fn table(run: &Run) -> Markup {
    let totals = &run.totals;
    html! {
        table {
            caption { "Every group; shares are of the cycles counted, or else of those predicted" }
            thead { tr {
                th scope="col" { "group" } th.n scope="col" { "predicted" } th.n scope="col" { "counted" } th.n scope="col" { "error" }
                @for (class, what) in PARTS { th.n scope="col" title=(what) { (class) } }
            } }
            tbody {
                @for (index, group) in run.groups.iter().enumerate() {
                    @let shown = bars(group).pop().map_or([0; 6], |(_, parts)| parts);
                    @let all = shown.iter().sum::<u64>().max(1);
                    tr {
                        th scope="row" { (index + 1) " " (group.name) }
                        td.n { (count(group.predicted.cycles)) }
                        td.n { (maybe(group.cycles)) }
                        td.n { (error(group).map_or("–".into(), |error| format!("{:+.2} %", 100.0 * error))) }
                        @for cycles in shown { td.n { (percent(cycles as f64 / all as f64)) } }
                    }
                }
            }
            tfoot { tr {
                th scope="row" { "all" }
                td.n { (count(totals.predicted_cycles)) }
                td.n { (maybe(totals.cycles)) }
                td.n {
                    @if let Some(counted) = totals.cycles.filter(|cycles| *cycles > 0) {
                        (format!("{:+.2} %", 100.0 * (totals.predicted_cycles as f64 / counted as f64 - 1.0)))
                    } @else { "–" }
                }
                td colspan="6" {}
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn parts_add_up_to_the_cycles() {
        let run = testing::run();
        for group in &run.groups {
            let parts = parts(&group.predicted);
            assert_eq!(parts.iter().sum::<u64>(), group.predicted.cycles);
            assert_eq!(parts[0], group.predicted.compute_cycles);
        }
        // Counters that contradict each other draw something all the same.
        let odd = Prediction {
            cycles: 5,
            compute_cycles: 7,
            ..Prediction::default()
        };
        assert_eq!(parts(&odd), [7, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_group_is_named_by_its_ends() {
        let run = testing::run();
        assert_eq!(
            [0, 1].map(|group| ends_of(&run, group)),
            ["conv0–conv1", "conv2"]
        );
    }

    #[test]
    fn a_board_without_a_clock_has_no_second_bar_and_no_error() {
        let mut run = testing::run();
        let counted = &mut run.groups[0];
        counted.cycles = Some(counted.predicted.cycles * 2);
        counted.counters = Prediction {
            cycles: counted.predicted.cycles * 2,
            ..counted.predicted
        };
        assert_eq!(error(counted), Some(-0.5));
        assert_eq!(bars(counted).len(), 2);
        run.groups[1].cycles = None;
        assert_eq!(error(&run.groups[1]), None);
        assert_eq!(bars(&run.groups[1]).len(), 1);
        let page = section(&run, "r1-cycles").into_string();
        assert!(page.contains("-50.00 %") && page.contains("what the board's counters say"));
        run.groups[0].cycles = None;
        let page = section(&run, "r1-cycles").into_string();
        assert!(page.contains("This board has no clock"));
    }
}
