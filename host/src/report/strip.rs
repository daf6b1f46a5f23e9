//! The network as a strip: each layer as wide as its time.

use maud::{html, Markup};

use super::document::{Layer, Run};
use super::draw::{chart, line, markup, rectangle, text, told, Anchor, CHARACTER, WIDTH};
use super::format::{count, percent, short, si};
use crate::plan::Bound;

/// Bytes that memory moves in a cycle at most: a word of 16 bits.
pub const BYTES_A_CYCLE: f64 = 2.0;
/// Units between two groups.
const GAP: f64 = 5.0;
/// Where the array's share begins, and how high all of it is.
const ARRAY: [f64; 2] = [34.0, 72.0];
/// The same of the memory's share.
const MEMORY: [f64; 2] = [112.0, 36.0];
/// Units between two slanting names.
const NAME_PITCH: f64 = 13.0;
/// Characters of a slanting name.
const NAME_LENGTH: usize = 13;
/// Units left of the strip for what its rows are.
const LEFT: f64 = 82.0;

/// A layer in the strip.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Left end and width in units of the chart.
    pub x: [f64; 2],
    /// Share of the array's operations, 0 to 1.
    pub array: f64,
    /// Share of the words that memory could move meanwhile, 0 to 1.
    pub memory: f64,
}

/// Where every layer lies. The widths add up to the strip's width less the gaps between groups.
pub fn segments(layers: &[Layer]) -> Vec<Segment> {
    let gaps = layers
        .windows(2)
        .filter(|pair| pair[0].group != pair[1].group);
    let gaps = gaps.count() as f64;
    let whole = WIDTH - LEFT;
    // However many groups there are, most of the strip is theirs.
    let gap = GAP.min(0.25 * whole / gaps.max(1.0));
    let room = whole - gap * gaps;
    let all: u64 = layers.iter().map(|layer| layer.predicted.cycles).sum();
    let mut x = LEFT;
    let mut before = None;
    let mut segments = Vec::with_capacity(layers.len());
    for layer in layers {
        if before.is_some_and(|group| group != layer.group) {
            x += gap;
        }
        before = Some(layer.group);
        let cycles = layer.predicted.cycles as f64;
        let width = room * cycles / all.max(1) as f64;
        let bytes = layer.predicted.memory_bytes() as f64;
        segments.push(Segment {
            x: [x, width],
            array: layer.utilisation,
            memory: (bytes / (BYTES_A_CYCLE * cycles.max(1.0))).min(1.0),
        });
        x += width;
    }
    segments
}

/// What a layer's time goes by, as a class of the style sheet.
pub fn class(bound: Bound) -> &'static str {
    match bound {
        Bound::Multipliers => "multipliers",
        Bound::Weights => "weights",
        Bound::Rows => "rows",
        Bound::Output => "output",
        Bound::Interval => "interval",
    }
}

/// Strip and table.
pub fn section(run: &Run, id: &str) -> Markup {
    html! {
        section {
            h2 id=(id) { "Layers" }
            p {
                "Each layer is as wide as the time it takes. The upper row is filled as far as the multipliers are used, the lower one as far as "
                "the memory is. Layers that touch below one bar are fused: the map between them never leaves the chip. "
                "The times of layers are predicted."
            }
            (legend())
            div.scroll tabindex="0" role="group" aria-labelledby=(id) { (draw(run, id)) }
            div.scroll tabindex="0" role="group" aria-labelledby=(id) { (table(run)) }
        }
    }
}

/// What the colours mean.
fn legend() -> Markup {
    let bounds = [
        (Bound::Multipliers, "multipliers at work"),
        (Bound::Weights, "waits for weights"),
        (Bound::Rows, "waits for rows"),
        (Bound::Output, "waits for results to leave"),
        (Bound::Interval, "least interval between tiles"),
    ];
    html! {
        ul.legend aria-label="what most of a layer's time goes by" {
            @for (bound, what) in bounds {
                li { span.key.(class(bound)) {} (what) }
            }
        }
    }
}

fn draw(run: &Run, id: &str) -> Markup {
    let segments = segments(&run.layers);
    let size = [WIDTH, MEMORY[0] + MEMORY[1] + 74.0];
    let title = "Time, multipliers and memory of every layer";
    let mut chart = chart(
        &format!("{id}-strip"),
        size,
        title,
        &description(&run.layers),
    );
    for ([top, height], name) in [(ARRAY, "multipliers"), (MEMORY, "memory")] {
        chart = chart.add(text(
            LEFT - 8.0,
            top + height / 2.0 + 4.0,
            Anchor::End,
            name,
        ));
    }
    for (index, group) in run.groups.iter().enumerate() {
        let of_group = run.layers.iter().zip(&segments);
        let mut of_group = of_group.filter(|(layer, _)| layer.group == index);
        let (Some((_, first)), last) = (of_group.next(), of_group.next_back()) else {
            continue;
        };
        let last = last.map_or(first, |(_, last)| last);
        let (left, right) = (first.x[0], last.x[0] + last.x[1]);
        let label = match group.layers {
            1 => (index + 1).to_string(),
            _ => format!("{} fused", index + 1),
        };
        let fits = label.len() as f64 * CHARACTER < right - left + GAP;
        let label = if fits { label } else { (index + 1).to_string() };
        let bar = if group.layers > 1 { "joined" } else { "single" };
        chart = chart.add(line([left + 1.0, 24.0], [right - 1.0, 24.0], bar));
        if label.len() as f64 * CHARACTER < right - left + GAP {
            let middle = (left + right) / 2.0;
            chart = chart.add(text(middle, 15.0, Anchor::Middle, &label));
        }
    }
    let mut named = 0.0;
    for (layer, segment) in run.layers.iter().zip(&segments) {
        let [x, width] = segment.x;
        let mut group = told(&sentence(layer));
        for ([top, height], share) in [(ARRAY, segment.array), (MEMORY, segment.memory)] {
            let filled = height * share;
            group = group
                .add(rectangle(x, top, width, height, "empty"))
                .add(rectangle(
                    x,
                    top + height - filled,
                    width,
                    filled,
                    class(layer.bound),
                ));
        }
        chart = chart.add(group);
        let middle = x + width / 2.0;
        if middle >= named {
            named = middle + NAME_PITCH;
            let y = MEMORY[0] + MEMORY[1] + 14.0;
            let turn = format!("rotate(-45 {middle:.1} {y:.1})");
            let name = short(&layer.name, NAME_LENGTH);
            chart = chart.add(text(middle + 4.0, y, Anchor::End, &name).set("transform", turn));
        }
    }
    markup(&chart)
}

fn description(layers: &[Layer]) -> String {
    let all: u64 = layers.iter().map(|layer| layer.predicted.cycles).sum();
    let longest = layers.iter().max_by_key(|layer| layer.predicted.cycles);
    let longest = longest.map_or(String::new(), |layer| {
        format!(" The longest is {}.", sentence(layer))
    });
    format!(
        "{} layers, {} cycles predicted.{longest} The table below has all of them.",
        layers.len(),
        count(all)
    )
}

fn sentence(layer: &Layer) -> String {
    format!(
        "{}: {} cycles, {} of the multipliers, {}, bound by {}",
        layer.name,
        count(layer.predicted.cycles),
        percent(layer.utilisation),
        si(layer.predicted.memory_bytes() as f64, "B"),
        layer.bound.name(),
    )
}

fn table(run: &Run) -> Markup {
    let clock = f64::from(run.config.clock_mhz) * 1e6;
    html! {
        table {
            caption { "Every layer; cycles and traffic are predicted" }
            thead { tr {
                th scope="col" { "group" } th scope="col" { "layer" } th scope="col" { "map" } th scope="col" { "channels" }
                th.n scope="col" { "cycles" } th.n scope="col" { "time" } th.n scope="col" { "multipliers" }
                th.n scope="col" { "memory" } th scope="col" { "bound by" }
            } }
            tbody {
                @for layer in &run.layers {
                    tr {
                        td { (layer.group + 1) }
                        th scope="row" { (layer.name) @if layer.pool { " + pool" } @if layer.host.is_some() { ", behind the host" } }
                        td { (layer.height) "×" (layer.width) }
                        td { (layer.cin) "→" (layer.cout) }
                        td.n { (count(layer.predicted.cycles)) }
                        td.n { (si(layer.predicted.cycles as f64 / clock, "s")) }
                        td.n { (percent(layer.utilisation)) }
                        td.n { (si(layer.predicted.memory_bytes() as f64, "B")) }
                        td { span.key.(class(layer.bound)) {} (layer.bound.name()) }
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
    fn widths_are_times_and_fused_layers_touch() {
        let run = testing::run();
        let segments = segments(&run.layers);
        let cycles: u64 = run.layers.iter().map(|layer| layer.predicted.cycles).sum();
        let room = WIDTH - LEFT - GAP;
        for (layer, segment) in run.layers.iter().zip(&segments) {
            let share = layer.predicted.cycles as f64 / cycles as f64;
            assert!((segment.x[1] - room * share).abs() < 1e-9);
            assert!((0.0..=1.0).contains(&segment.array) && (0.0..=1.0).contains(&segment.memory));
        }
        let end = |n: usize| segments[n].x[0] + segments[n].x[1];
        assert_eq!(segments[1].x[0], end(0), "fused");
        assert!(
            (segments[2].x[0] - end(1) - GAP).abs() < 1e-9,
            "another group"
        );
        assert!((end(2) - WIDTH).abs() < 1e-9);
    }

    #[test]
    fn as_many_groups_as_there_may_be_have_a_strip() {
        let mut run = testing::run();
        let layer = run.layers[2].clone();
        run.layers = (0..1000)
            .map(|group| Layer {
                group,
                ..layer.clone()
            })
            .collect();
        let segments = segments(&run.layers);
        assert!(segments.iter().all(|segment| segment.x[1] > 0.4));
        assert!(segments.windows(2).all(|pair| pair[0].x[0] <= pair[1].x[0]));
    }

    #[test]
    fn the_table_has_every_layer_and_what_binds_it() {
        let run = testing::run();
        let page = section(&run, "r1-layers").into_string();
        for layer in &run.layers {
            assert!(
                page.contains(&count(layer.predicted.cycles)),
                "{}",
                layer.name
            );
            assert!(page.contains(layer.bound.name()));
        }
        assert!(page.contains("1 fused"));
    }
}
