//! Feature maps as pictures, and where they differ from the golden model.

use maud::{html, Markup};

use super::data::{HeatMap, MapData};
use super::document::{Group, Run};
use super::draw::{chart, markup, rectangle, told};
use super::format::count;

/// Units of a heat map's longer side.
const HEAT: f64 = 168.0;
/// Worst cells that are listed.
const WORST: usize = 8;
/// Shades of a cell that differs, as classes of the style sheet.
const SHADES: [&str; 4] = ["heat1", "heat2", "heat3", "heat4"];

/// Pictures of every group's output.
pub fn pictures(run: &Run, id: &str) -> Markup {
    html! {
        section {
            h2 id=(id) { "Feature maps" }
            @if let Some(data) = &run.report {
                p {
                    "What the board gave: some channels of every group's output, with the map's largest value white. Maps between the layers of "
                    "a fused group stay on the chip and cannot be read."
                }
                @for (index, (group, data)) in run.groups.iter().zip(&data.groups).enumerate() {
                    (channels(index, group, &data.map))
                }
            } @else {
                p.absent { "Not in this run: " code { "--report-data" } " keeps them." }
            }
        }
    }
}

fn channels(index: usize, group: &Group, map: &MapData) -> Markup {
    let [count, rows, cols] = map.shape;
    html! {
        figure {
            figcaption {
                "Group " (index + 1) ": " (group.name) " "
                span.small { (map.channels.len()) " of " (count) " channels of " (rows) "×" (cols) ", largest value " (map.brightest) }
            }
            div.maps {
                @for channel in &map.channels {
                    img src=(channel.png.url()) width="48" height="48" title=(format!("channel {}", channel.channel))
                        alt=(format!("channel {} of the output of group {}", channel.channel, index + 1));
                }
            }
        }
    }
}

/// A heat map for every group.
pub fn mismatches(run: &Run, id: &str) -> Markup {
    let maps = run
        .report
        .as_ref()
        .map(|data| data.groups.iter().map(|group| &group.map));
    let mut maps = maps.into_iter().flatten();
    html! {
        section {
            h2 id=(id) { "Values that differ" }
            p { "Every group's output against the golden model, a direct convolution that knows nothing of the engine. There is no tolerance." }
            div.heats {
                @for (index, group) in run.groups.iter().enumerate() {
                    (compared(index, group, maps.next(), id))
                }
            }
        }
    }
}

fn compared(index: usize, group: &Group, map: Option<&MapData>, id: &str) -> Markup {
    let heat = map.and_then(|map| map.differences.as_ref());
    html! {
        figure.heat {
            figcaption { "Group " (index + 1) ": " (group.name) }
            @if let (Some(map), Some(heat)) = (map, heat) {
                (draw(map, heat, &format!("{id}-{}", index + 1)))
            }
            @match group.mismatches {
                None => p { "Not compared." },
                Some(0) => p.good { "None of " (count(group.values)) " values." },
                Some(wrong) => {
                    p.bad {
                        (count(wrong)) " of " (count(group.values)) " values"
                        @if let Some([channel, row, col]) = group.first_mismatch {
                            ", the first in channel " (channel) ", row " (row) ", column " (col)
                        }
                        "."
                    }
                    @if let (Some(map), Some(heat)) = (map, heat) { (worst(map, heat)) }
                }
            }
        }
    }
}

fn draw(map: &MapData, heat: &HeatMap, id: &str) -> Markup {
    let [_, rows, cols] = map.shape.map(|side| side as f64);
    let unit = HEAT / rows.max(cols);
    let (width, height) = ((cols * unit).max(4.0), (rows * unit).max(4.0));
    let total = heat.total();
    let title = match total {
        0 => "No value differs".into(),
        _ => format!("Where {} values differ", count(total)),
    };
    let text = format!(
        "{} by {} cells, the counts of all channels together",
        heat.rows, heat.cols
    );
    let size = [width + 2.0, height + 2.0].map(f64::round);
    let mut chart = chart(id, size, &title, &text).add(rectangle(1.0, 1.0, width, height, "empty"));
    let most = heat
        .cells
        .iter()
        .map(|[.., count]| *count)
        .max()
        .unwrap_or(1);
    let (down, across) = (height / heat.rows as f64, width / heat.cols as f64);
    for [row, col, found] in &heat.cells {
        let (x, y) = (1.0 + *col as f64 * across, 1.0 + *row as f64 * down);
        let said = format!("{}: {} values", place(map, heat, *row, *col), count(*found));
        chart = chart.add(told(&said).add(rectangle(x, y, across, down, shade(*found, most))));
    }
    markup(&chart)
}

/// The shade of a count, of which `most` is the largest.
fn shade(found: u64, most: u64) -> &'static str {
    let step = (found.saturating_sub(1) * SHADES.len() as u64 / most.max(1)) as usize;
    SHADES[step.min(SHADES.len() - 1)]
}

/// The rows and columns of the map that a cell stands for.
fn place(map: &MapData, heat: &HeatMap, row: u64, col: u64) -> String {
    let part = |index: u64, cells: usize, side: usize| {
        let (index, cells, side) = (index as usize, cells, side);
        let (from, to) = (
            (index * side).div_ceil(cells),
            ((index + 1) * side).div_ceil(cells),
        );
        match to - from {
            0 | 1 => from.to_string(),
            _ => format!("{from}–{}", to - 1),
        }
    };
    let rows = part(row, heat.rows, map.shape[1]);
    format!(
        "rows {rows}, columns {}",
        part(col, heat.cols, map.shape[2])
    )
}

fn worst(map: &MapData, heat: &HeatMap) -> Markup {
    let mut cells = heat.cells.clone();
    cells.sort_by_key(|[row, col, count]| (u64::MAX - count, *row, *col));
    html! {
        table {
            caption { "Where most differ" }
            thead { tr { th scope="col" { "place" } th.n scope="col" { "values" } } }
            tbody {
                @for [row, col, found] in cells.into_iter().take(WORST) {
                    tr { th scope="row" { (place(map, heat, row, col)) } td.n { (count(found)) } }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "maps_tests.rs"]
mod tests;
