//! The roofline: how many operations a byte of memory traffic gives, against operations a second.
//!
//! S. Williams, A. Waterman, D. Patterson, "Roofline: an insightful visual performance model for multicore architectures", 2009.

use maud::{html, Markup};
use rowfuse_spec::EngineConfig;

use super::document::Run;
use super::draw::{chart, dot, line, markup, text, told, Anchor, CHARACTER};
use super::format::{si, tick};
use super::scale::Logarithmic;
use super::strip::BYTES_A_CYCLE;
use crate::plan::MACS_PER_LANE;
use crate::throughput::seconds;

/// Units of the chart.
const SIZE: [f64; 2] = [560.0, 380.0];
/// Left, right, top and bottom of what lies within the axes.
const FRAME: [f64; 4] = [78.0, 550.0, 14.0, 326.0];
/// Operations of a multiply-accumulate.
const OPS: f64 = 2.0;

/// What no program can exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ceilings {
    /// Operations a second of all lanes, if every cycle does its share of a tile.
    pub ops: f64,
    /// Bytes a second of the memory, if every cycle moves a word.
    pub bytes: f64,
}

impl Ceilings {
    /// Those of an engine.
    pub fn of(config: &EngineConfig) -> Ceilings {
        let clock = f64::from(config.clock_mhz) * 1e6;
        Ceilings {
            ops: OPS * MACS_PER_LANE as f64 * f64::from(config.lanes) * clock,
            bytes: BYTES_A_CYCLE * clock,
        }
    }

    /// Operations a second that are possible with so many operations a byte.
    pub fn at(&self, intensity: f64) -> f64 {
        self.ops.min(self.bytes * intensity)
    }

    /// Operations a byte from which on the memory is fast enough.
    pub fn ridge(&self) -> f64 {
        self.ops / self.bytes
    }
}

/// A group, or a layer of one that is fused.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// What stands beside it: the group's number, and a letter for a layer.
    pub label: String,
    /// Its name.
    pub name: String,
    /// Whether it is a layer within a group.
    pub within: bool,
    /// Operations a byte of memory traffic.
    pub intensity: f64,
    /// Operations a second.
    pub rate: f64,
    /// Whether the cycles were counted; else they are predicted.
    pub counted: bool,
}

/// Every group, and the layers of those that have several. What moves no byte has no place and is left out.
pub fn points(run: &Run) -> Vec<Point> {
    let clock = run.config.clock_mhz;
    let point = |label, name: &str, within, macs: u64, bytes: u64, cycles: u64, counted| {
        let ops = OPS * macs as f64;
        (bytes > 0 && cycles > 0).then(|| Point {
            label,
            name: name.into(),
            within,
            intensity: ops / bytes as f64,
            rate: ops / seconds(cycles, clock),
            counted,
        })
    };
    let mut points = Vec::new();
    for (index, group) in run.groups.iter().enumerate() {
        let layers = run.layers.iter().filter(|layer| layer.group == index);
        let macs = layers.clone().map(|layer| layer.macs).sum();
        let cycles = group.cycles.unwrap_or(group.predicted.cycles);
        // Words do not depend on timing: those predicted are those counted.
        let bytes = group.predicted.memory_bytes();
        let (number, counted) = ((index + 1).to_string(), group.cycles.is_some());
        points.extend(point(
            number,
            &group.name,
            false,
            macs,
            bytes,
            cycles,
            counted,
        ));
        if group.layers > 1 {
            for (letter, layer) in ('a'..='z').zip(layers) {
                let (label, found) = (format!("{}{letter}", index + 1), &layer.predicted);
                let (bytes, cycles) = (found.memory_bytes(), found.cycles);
                points.extend(point(
                    label,
                    &layer.name,
                    true,
                    layer.macs,
                    bytes,
                    cycles,
                    false,
                ));
            }
        }
    }
    points
}

/// Chart and table.
pub fn section(run: &Run, id: &str) -> Markup {
    let (ceilings, points) = (Ceilings::of(&run.config), points(run));
    html! {
        section {
            h2 id=(id) { "Roofline" }
            p {
                "The slanting line is as fast as the memory allows, the level one as fast as the multipliers do. The nearer a dot is to them, the "
                "less is lost. Full dots are groups by number, hollow ones the layers of a fused group. "
                "An operation is a multiplication or an addition of the direct convolution, of which Winograd's needs a quarter of the multiplications."
            }
            div.scroll tabindex="0" role="group" aria-labelledby=(id) { (draw(&ceilings, &points, id)) }
            div.scroll tabindex="0" role="group" aria-labelledby=(id) { (table(&ceilings, &points)) }
        }
    }
}

fn draw(ceilings: &Ceilings, points: &[Point], id: &str) -> Markup {
    let [left, right, top, bottom] = FRAME;
    let intensities = points.iter().map(|point| point.intensity);
    let x = Logarithmic::around(intensities.chain([ceilings.ridge()]), [left, right]);
    let rates = points.iter().map(|point| point.rate).chain([ceilings.ops]);
    let y = Logarithmic::around(rates, [bottom, top]);
    let most = si(ceilings.ops, "op/s");
    let text_of = format!(
        "At most {most} and {} of memory traffic; they meet at {:.0} operations a byte. The table below has all {} points.",
        si(ceilings.bytes, "B/s"),
        ceilings.ridge(),
        points.len(),
    );
    let title = "Operations a second against operations a byte";
    let mut chart = chart(&format!("{id}-chart"), SIZE, title, &text_of);
    for value in x.ticks() {
        let place = x.at(value);
        chart = chart
            .add(line([place, top], [place, bottom], "grid"))
            .add(text(place, bottom + 17.0, Anchor::Middle, &tick(value, "")));
    }
    for value in y.ticks() {
        let place = y.at(value);
        chart = chart
            .add(line([left, place], [right, place], "grid"))
            .add(text(
                left - 7.0,
                place + 4.0,
                Anchor::End,
                &tick(value, "op/s"),
            ));
    }
    let middle = (left + right) / 2.0;
    chart = chart.add(text(
        middle,
        bottom + 40.0,
        Anchor::Middle,
        "operations a byte of memory traffic",
    ));

    // The memory's line enters at the left, or at the bottom if it is too low there.
    let [least, most_x] = x.range;
    let enters = least.max(y.range[0] / ceilings.bytes);
    let ridge = [x.at(ceilings.ridge()), y.at(ceilings.ops)];
    let foot = [x.at(enters), y.at(ceilings.at(enters))];
    let end = [x.at(most_x), ridge[1]];
    let level = format!("multipliers: {most}");
    // Higher than the labels of dots on the line.
    let above = ridge[1] - 21.0;
    let mut taken = vec![[
        right - level.len() as f64 * CHARACTER,
        right,
        above - 11.0,
        above + 3.0,
    ]];
    taken.extend(along(foot, ridge, 3.0).chain(along(ridge, end, 3.0)));
    chart = chart
        .add(line(foot, ridge, "ceiling"))
        .add(line(ridge, end, "ceiling"))
        .add(text(right, above, Anchor::End, &level));
    let rise = [ridge[0] - foot[0], ridge[1] - foot[1]];
    let label = format!("memory: {}", si(ceilings.bytes, "B/s"));
    let (length, needed) = (rise[0].hypot(rise[1]), label.len() as f64 * CHARACTER);
    if length > needed {
        let at = [(foot[0] + ridge[0]) / 2.0, (foot[1] + ridge[1]) / 2.0 - 7.0];
        let half = rise.map(|side| side * needed / length / 2.0);
        let ends = [
            [at[0] - half[0], at[1] - half[1]],
            [at[0] + half[0], at[1] + half[1]],
        ];
        taken.extend(along(ends[0], ends[1], 9.0));
        let slope = rise[1].atan2(rise[0]).to_degrees();
        let turn = format!("rotate({slope:.1} {:.1} {:.1})", at[0], at[1]);
        chart = chart.add(text(at[0], at[1], Anchor::Middle, &label).set("transform", turn));
    }

    let places: Vec<[f64; 2]> = points
        .iter()
        .map(|point| [x.at(point.intensity), y.at(point.rate)])
        .collect();
    let labels: Vec<&str> = points.iter().map(|point| point.label.as_str()).collect();
    for ((point, place), label) in points
        .iter()
        .zip(&places)
        .zip(put(&places, &labels, &taken))
    {
        let class = if point.within { "dot within" } else { "dot" };
        chart = chart.add(told(&sentence(ceilings, point)).add(dot(*place, 4.5, class)));
        if let Some([x, y]) = label {
            chart = chart.add(text(x, y, Anchor::Start, &point.label));
        }
    }
    markup(&chart)
}

/// Squares that cover a line, as left, right, top and bottom.
fn along(from: [f64; 2], to: [f64; 2], half: f64) -> impl Iterator<Item = [f64; 4]> {
    let [across, down] = [to[0] - from[0], to[1] - from[1]];
    let steps = (across.hypot(down) / half).ceil().max(1.0);
    (0..=steps as usize).map(move |n| {
        let share = n as f64 / steps;
        let [x, y] = [from[0] + across * share, from[1] + down * share];
        [x - half, x + half, y - half, y + half]
    })
}

/// Where each dot's label begins, so that none lies on another, on a dot or on something else (left, right, top, bottom); none if there is no room.
pub fn put(dots: &[[f64; 2]], labels: &[&str], others: &[[f64; 4]]) -> Vec<Option<[f64; 2]>> {
    // Left, right, top and bottom.
    let overlap =
        |a: &[f64; 4], b: &[f64; 4]| a[0] < b[1] && b[0] < a[1] && a[2] < b[3] && b[2] < a[3];
    let mut taken: Vec<[f64; 4]> = dots
        .iter()
        .map(|[x, y]| [x - 5.0, x + 5.0, y - 5.0, y + 5.0])
        .collect();
    taken.extend(others);
    let mut put = Vec::with_capacity(dots.len());
    for ([x, y], label) in dots.iter().zip(labels) {
        let width = label.len() as f64 * CHARACTER + 1.0;
        let near = [
            [x + 6.5, y + 4.0],
            [x - 6.5 - width, y + 4.0],
            [x - width / 2.0, y + 17.0],
            [x - width / 2.0, y - 7.5],
            [x + 5.0, y + 14.0],
            [x - 5.0 - width, y + 14.0],
            [x + 5.0, y - 5.5],
            [x - 5.0 - width, y - 5.5],
        ];
        let area = |[x, y]: [f64; 2]| [x, x + width, y - 9.0, y + 2.0];
        let place = near.into_iter().find(|at| {
            let area = area(*at);
            let inside = area[0] > FRAME[0] && area[1] < FRAME[1] && area[3] < FRAME[3];
            inside && !taken.iter().any(|other| overlap(&area, other))
        });
        taken.extend(place.map(area));
        put.push(place);
    }
    put
}

fn sentence(ceilings: &Ceilings, point: &Point) -> String {
    format!(
        "{} {}: {:.1} operations a byte, {}, {:.0} % of what is possible there",
        point.label,
        point.name,
        point.intensity,
        si(point.rate, "op/s"),
        100.0 * point.rate / ceilings.at(point.intensity),
    )
}

fn table(ceilings: &Ceilings, points: &[Point]) -> Markup {
    html! {
        table {
            caption { "Every dot; “possible” is the lower of the two ceilings at its operations a byte" }
            thead { tr {
                th scope="col" { "dot" } th scope="col" { "name" } th.n scope="col" { "op/byte" } th.n scope="col" { "op/s" }
                th.n scope="col" { "of what is possible" } th scope="col" { "below" } th scope="col" { "cycles are" }
            } }
            tbody {
                @for point in points {
                    tr {
                        td { (point.label) }
                        th scope="row" { (point.name) }
                        td.n { (format!("{:.1}", point.intensity)) }
                        td.n { (si(point.rate, "op/s")) }
                        td.n { (format!("{:.0} %", 100.0 * point.rate / ceilings.at(point.intensity))) }
                        td { @if point.intensity < ceilings.ridge() { "memory" } @else { "multipliers" } }
                        td { @if point.counted { "counted" } @else { "predicted" } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
#[path = "roofline_tests.rs"]
mod tests;
