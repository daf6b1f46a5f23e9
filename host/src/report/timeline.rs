//! When load, weights, compute and store are at work: as the planner plays it.

use maud::{html, Markup};

use super::data::GroupData;
use super::document::{Group, Layer, Run};
use super::draw::{bars, chart, line, markup, text, told, Anchor, WIDTH};
use super::format::{count, maybe, percent, short, tick};
use super::scale::Linear;
use crate::plan::{Track, Work};
use crate::throughput::seconds;

/// Units left of the bars.
const LEFT: f64 = 132.0;
/// Units of height of a row, and of its bar.
const PITCH: f64 = 19.0;
const BAR: f64 = 13.0;
/// Characters of a row's name.
const NAME: usize = 17;

/// A row of a group's timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What is done, and for whom.
    pub name: String,
    /// Class of the style sheet.
    pub class: &'static str,
    /// First cycles, and the first behind the last.
    pub spans: Vec<[u64; 2]>,
}

impl Row {
    /// Cycles in which something is done.
    pub fn busy(&self) -> u64 {
        self.spans.iter().map(|[from, to]| to - from).sum()
    }
}

/// Rows of a group: load, weights of all layers, a row of computing for each layer, store.
pub fn rows(tracks: &[Track], layers: &[&Layer]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut weights: Vec<[u64; 2]> = Vec::new();
    for track in tracks.iter().filter(|track| track.work == Work::Weights) {
        weights.extend(&track.spans);
    }
    weights.sort_unstable();
    let of = |work| tracks.iter().filter(move |track| track.work == work);
    let row = |name: String, class, spans: &[[u64; 2]]| Row {
        name,
        class,
        spans: spans.to_vec(),
    };
    rows.extend(of(Work::Load).map(|track| row("load rows".into(), "rows", &track.spans)));
    if !weights.is_empty() {
        rows.push(row("load weights".into(), "weights", &weights));
    }
    for track in of(Work::Compute) {
        let name = layers.get(track.layer).map_or("", |layer| &layer.name);
        rows.push(row(name.into(), "multipliers", &track.spans));
    }
    rows.extend(of(Work::Store).map(|track| row("store".into(), "output", &track.spans)));
    rows
}

/// A chart for each group.
pub fn section(run: &Run, id: &str) -> Markup {
    html! {
        section {
            h2 id=(id) { "Timeline" }
            @if let Some(data) = &run.report {
                p {
                    strong { "The bars are predicted" }
                    ": the planner plays each program burst by burst. A board counts totals only, which stand below each chart. A unit that waits within a "
                    "command is shown as busy; gaps are those between commands."
                }
                @for (index, (group, found)) in run.groups.iter().zip(&data.groups).enumerate() {
                    (of_group(run, index, group, found, id))
                }
            } @else {
                p.absent { "Not in this run: " code { "--report-data" } " keeps it." }
            }
        }
    }
}

fn of_group(run: &Run, index: usize, group: &Group, data: &GroupData, id: &str) -> Markup {
    let layers: Vec<&Layer> = run
        .layers
        .iter()
        .filter(|layer| layer.group == index)
        .collect();
    let rows = rows(&data.tracks, &layers);
    let predicted = group.predicted.cycles;
    html! {
        figure.timeline {
            figcaption { "Group " (index + 1) ": " (group.name) }
            div.scroll tabindex="0" role="group" aria-label=(format!("timeline of group {}", index + 1)) {
                (draw(run, index, group, &rows, id))
            }
            p.small {
                "Predicted: " (count(predicted)) " cycles; counted: " (maybe(group.cycles))
                @if let Some(cycles) = group.cycles.filter(|cycles| *cycles > 0) {
                    ", of which the multipliers worked in " (percent(group.counters.compute_cycles as f64 / cycles as f64))
                }
                ". " (count(group.counters.sub_rows_loaded.max(group.predicted.sub_rows_loaded))) " sub-rows loaded, "
                (count(group.predicted.read_words)) " words read, " (count(group.predicted.write_words)) " written. "
                "Busy, predicted: "
                @for (place, row) in rows.iter().enumerate() {
                    @if place > 0 { ", " }
                    (row.name) " " (percent(row.busy() as f64 / predicted as f64))
                }
                "."
            }
        }
    }
}

fn draw(run: &Run, index: usize, group: &Group, rows: &[Row], id: &str) -> Markup {
    let ends = rows.iter().flat_map(|row| &row.spans).map(|span| span[1]);
    let most = ends.chain([group.predicted.cycles]).max().unwrap_or(1);
    let axis = Linear {
        most: most as f64,
        ends: [LEFT, WIDTH - 18.0],
    };
    let bottom = PITCH * rows.len() as f64 + 4.0;
    let title = format!("Predicted timeline of group {}", index + 1);
    let shares = rows.iter().map(|row| {
        let share = percent(row.busy() as f64 / most as f64);
        format!("{} is busy for {share} of the time", row.name)
    });
    let text_of = shares.collect::<Vec<_>>().join("; ");
    let id = format!("{id}-{}", index + 1);
    let mut chart = chart(&id, [WIDTH, bottom + 22.0], &title, &text_of);
    for value in axis.ticks(5) {
        let (x, time) = (axis.at(value), seconds(value as u64, run.config.clock_mhz));
        let label = match value as u64 {
            0 => "0".into(),
            cycles => format!("{} = {}", tick(cycles as f64, ""), tick(time, "s")),
        };
        let anchor = if x + 40.0 > WIDTH {
            Anchor::End
        } else {
            Anchor::Middle
        };
        let x_text = if x + 40.0 > WIDTH { WIDTH } else { x };
        chart = chart
            .add(line([x, 0.0], [x, bottom], "grid"))
            .add(text(x_text, bottom + 15.0, anchor, &label).set("class", "small"));
    }
    for (place, row) in rows.iter().enumerate() {
        let y = 2.0 + PITCH * place as f64;
        let spans = row
            .spans
            .iter()
            .map(|span| span.map(|cycle| axis.at(cycle as f64)));
        let name = short(&row.name, NAME);
        let said = format!("{}: busy for {} cycles", row.name, count(row.busy()));
        chart = chart
            .add(text(LEFT - 8.0, y + 11.0, Anchor::End, &name))
            .add(told(&said).add(bars(spans, y, BAR, row.class)));
    }
    markup(&chart)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing;

    #[test]
    fn rows_are_load_weights_each_layer_and_store() {
        let run = testing::run();
        let layers: Vec<&Layer> = run.layers[..2].iter().collect();
        let track = |work, layer, spans: &[[u64; 2]]| Track {
            work,
            layer,
            spans: spans.to_vec(),
        };
        let tracks = [
            track(Work::Load, 0, &[[0, 10], [40, 50]]),
            track(Work::Weights, 0, &[[5, 9]]),
            track(Work::Weights, 1, &[[2, 4], [20, 30]]),
            track(Work::Compute, 0, &[[10, 60]]),
            track(Work::Compute, 1, &[[60, 90]]),
            track(Work::Store, 1, &[[70, 95]]),
        ];
        let rows = rows(&tracks, &layers);
        let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
        let (first, second) = (run.layers[0].name.as_str(), run.layers[1].name.as_str());
        assert_eq!(names, ["load rows", "load weights", first, second, "store"]);
        assert_eq!(rows[1].spans, [[2, 4], [5, 9], [20, 30]]);
        assert_eq!(
            rows.iter().map(Row::busy).collect::<Vec<_>>(),
            [20, 16, 50, 30, 25]
        );
    }

    #[test]
    fn it_says_what_is_predicted_and_what_is_counted() {
        let mut run = testing::run();
        run.groups[0].cycles = Some(77_777);
        let page = section(&run, "r1-time").into_string();
        assert!(page.contains("The bars are predicted") && page.contains("counted: 77,777"));
        assert_eq!(page.matches("<svg").count(), 2);
        run.report = None;
        let page = section(&run, "r1-time").into_string();
        assert!(page.contains("--report-data") && !page.contains("<svg"));
    }
}
