//! What a run must be like before anything is drawn of it: sizes within bounds, and parts that belong together.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::data::{Data, GroupData, HeatMap, HEAT_SIDE, MAX_CHANNELS};
use super::document::{Group, Layer, Run};
use super::ReportError;
use crate::plan::Prediction;

/// Largest count of anything: sums of them stay below 2^64.
const MAX_COUNT: u64 = 1 << 50;
/// Most layers.
const MAX_LAYERS: usize = 1024;
/// Longest name in characters.
const MAX_NAME: usize = 512;
/// Largest side of a map, and most channels.
const MAX_SIDE: u64 = 1 << 20;

/// A value that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    field: String,
    found: String,
    expected: String,
}

impl Wrong {
    fn new(field: impl Into<String>, found: impl Display, expected: impl Display) -> Wrong {
        Wrong {
            field: field.into(),
            found: found.to_string(),
            expected: expected.to_string(),
        }
    }

    /// The same within a part of the document.
    fn within(self, part: impl Display) -> Wrong {
        Wrong {
            field: format!("{part}.{}", self.field),
            ..self
        }
    }

    /// The error of a document.
    pub fn of(self, path: String) -> ReportError {
        ReportError::Field {
            path,
            field: self.field,
            found: self.found,
            expected: self.expected,
        }
    }
}

type Checked = Result<(), Wrong>;

/// Refuses a run that cannot be drawn.
pub fn run(run: &Run) -> Checked {
    let config = run.config.validate();
    config.map_err(|error| Wrong::new("config", error, "a possible one"))?;
    name("config.device.name", &run.config.device.name)?;
    name("board", &run.board)?;
    let names = [("network", &run.network), ("image", &run.image)];
    for (field, text) in names {
        name(field, text.as_deref().unwrap_or("-"))?;
    }
    share("wall_seconds", run.wall_seconds, 0.0..=1e12)?;
    let totals = &run.totals;
    let optional = [totals.cycles, totals.link_bytes, totals.kept_bytes];
    let counts = [totals.predicted_cycles, totals.sdram_bytes, totals.macs];
    for found in optional.into_iter().flatten().chain(counts) {
        count("totals", found, 0..=MAX_COUNT)?;
    }
    count(
        "totals.mismatches",
        totals.mismatches.unwrap_or(0),
        0..=MAX_COUNT,
    )?;
    share("totals.fps", totals.fps.unwrap_or(0.0), 0.0..=1e12)?;
    for (key, found) in run.line.iter().flatten() {
        name("line", key)?;
        count("line", *found, 0..=u64::MAX)?;
    }
    for (index, guess) in run.top5.iter().enumerate() {
        let part = format!("top5[{index}]");
        let checked = share("probability", guess.probability, 0.0..=1.0)
            .and_then(|()| share("score", guess.score, -1e30..=1e30))
            .and_then(|()| name("name", guess.name.as_deref().unwrap_or("-")));
        checked.map_err(|wrong| wrong.within(part))?;
    }
    parts(run)
}

/// Layers and groups, and what belongs to them.
fn parts(run: &Run) -> Checked {
    count(
        "the number of layers",
        run.layers.len() as u64,
        1..=MAX_LAYERS as u64,
    )?;
    count("the number of best classes", run.top5.len() as u64, 0..=100)?;
    let mut owners = run.layers.iter().map(|layer| layer.group);
    for (index, group) in run.groups.iter().enumerate() {
        let part = format!("groups[{index}]");
        self::group(group).map_err(|wrong| wrong.within(&part))?;
        let found = owners
            .by_ref()
            .take(group.layers)
            .filter(|owner| *owner == index);
        let found = found.count();
        if found != group.layers || found == 0 {
            let text = format!("{found} of {} layers", group.layers);
            return Err(Wrong::new(
                format!("{part}.layers"),
                text,
                "all of one or more",
            ));
        }
    }
    let left = owners.count();
    count("the number of layers without a group", left as u64, 0..=0)?;
    for (index, layer) in run.layers.iter().enumerate() {
        self::layer(layer).map_err(|wrong| wrong.within(format!("layers[{index}]")))?;
    }
    match &run.report {
        Some(data) => self::data(data, &run.groups).map_err(|wrong| wrong.within("report")),
        None => Ok(()),
    }
}

fn group(group: &Group) -> Checked {
    name("name", &group.name)?;
    counters("predicted", &group.predicted)?;
    counters("counters", &group.counters)?;
    count("cycles", group.cycles.unwrap_or(1), 1..=MAX_COUNT)?;
    count("predicted.cycles", group.predicted.cycles, 1..=MAX_COUNT)?;
    count("values", group.values, 1..=MAX_COUNT)?;
    count(
        "mismatches",
        group.mismatches.unwrap_or(0),
        0..=group.values,
    )
}

fn layer(layer: &Layer) -> Checked {
    name("name", &layer.name)?;
    counters("predicted", &layer.predicted)?;
    share("utilisation", layer.utilisation, 0.0..=1.0)?;
    count("macs", layer.macs, 1..=MAX_COUNT)?;
    for found in [layer.height, layer.width, layer.cin, layer.cout] {
        count("shape", found, 1..=MAX_SIDE)?;
    }
    Ok(())
}

fn counters(field: &str, found: &Prediction) -> Checked {
    let all = rowfuse_spec::counters::Counter::ALL;
    all.into_iter().try_for_each(|counter| {
        let checked = count(counter.name(), found.get(counter), 0..=MAX_COUNT);
        checked.map_err(|wrong| wrong.within(field))
    })
}

fn data(data: &Data, groups: &[Group]) -> Checked {
    let picture = data.image.check();
    picture.map_err(|reason| Wrong::new("image", reason, "a small PNG in base64"))?;
    if data.groups.len() != groups.len() {
        let found = data.groups.len();
        return Err(Wrong::new(
            "groups",
            format!("{found} groups"),
            groups.len(),
        ));
    }
    for (index, (data, group)) in data.groups.iter().zip(groups).enumerate() {
        let checked = self::group_data(data, group);
        checked.map_err(|wrong| wrong.within(format!("groups[{index}]")))?;
    }
    Ok(())
}

fn group_data(data: &GroupData, group: &Group) -> Checked {
    let map = &data.map;
    for side in map.shape {
        count("map.shape", side as u64, 1..=MAX_SIDE)?;
    }
    let values: u64 = map.shape.iter().map(|side| *side as u64).product();
    count("values of map.shape", values, group.values..=group.values)?;
    count(
        "channels kept",
        map.channels.len() as u64,
        0..=MAX_CHANNELS as u64,
    )?;
    for channel in &map.channels {
        count(
            "map.channels.channel",
            channel.channel as u64,
            0..=map.shape[0] as u64 - 1,
        )?;
        let picture = channel.png.check();
        picture
            .map_err(|reason| Wrong::new("map.channels.png", reason, "a small PNG in base64"))?;
    }
    if let Some(heat) = &map.differences {
        self::heat(heat, group).map_err(|wrong| wrong.within("map.differences"))?;
    }
    for track in &data.tracks {
        count(
            "tracks.layer",
            track.layer as u64,
            0..=group.layers as u64 - 1,
        )?;
        let mut last = 0;
        for [from, to] in &track.spans {
            count("tracks.spans", *from, last..=MAX_COUNT)?;
            count("tracks.spans", *to, *from..=MAX_COUNT)?;
            last = *to;
        }
    }
    Ok(())
}

fn heat(heat: &HeatMap, group: &Group) -> Checked {
    for side in [heat.rows, heat.cols] {
        count("rows and cols", side as u64, 1..=HEAT_SIDE as u64)?;
    }
    count(
        "cells",
        heat.cells.len() as u64,
        0..=(heat.rows * heat.cols) as u64,
    )?;
    for [row, col, found] in &heat.cells {
        count("cells.row", *row, 0..=heat.rows as u64 - 1)?;
        count("cells.col", *col, 0..=heat.cols as u64 - 1)?;
        count("cells.count", *found, 1..=group.values)?;
    }
    let expected = group.mismatches.unwrap_or(0);
    count("the sum of all cells", heat.total(), expected..=expected)
}

fn count(field: &str, found: u64, expected: RangeInclusive<u64>) -> Checked {
    match expected.contains(&found) {
        true => Ok(()),
        false if expected.start() == expected.end() => {
            Err(Wrong::new(field, found, expected.start()))
        }
        false => {
            let expected = format!("{} to {}", expected.start(), expected.end());
            Err(Wrong::new(field, found, expected))
        }
    }
}

fn share(field: &str, found: f64, expected: RangeInclusive<f64>) -> Checked {
    match expected.contains(&found) {
        true => Ok(()),
        false => {
            let expected = format!("{} to {}", expected.start(), expected.end());
            Err(Wrong::new(field, found, expected))
        }
    }
}

fn name(field: &str, found: &str) -> Checked {
    let length = found.chars().count();
    if length > MAX_NAME {
        let expected = format!("at most {MAX_NAME}");
        return Err(Wrong::new(
            field,
            format!("{length} characters long"),
            expected,
        ));
    }
    match found.chars().find(|c| c.is_control()) {
        Some(c) => Err(Wrong::new(
            field,
            format!("a text with {c:?}"),
            "no control characters",
        )),
        None => Ok(()),
    }
}
