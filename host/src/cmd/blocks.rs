//! Block convolution in reports: that it is on, and what it costs beside the exact mode.

use crate::cli::table;
use comfy_table::Table;
use rowfuse::plan::{Blocks, LayerPlan, Plan, Prediction};

/// A sentence that says into which blocks maps are cut; nothing in the exact mode.
pub fn note(plan: &Plan) -> Option<String> {
    let blocks = plan.blocks?;
    let cut = match blocks {
        Blocks::Fixed(block) => format!("blocks of {block}×{block} pixels"),
        Blocks::Quarters => "2×2 blocks a map".into(),
    };
    Some(format!(
        "block convolution in {cut}, each padded on its own: another function than the exact mode's"
    ))
}

/// One row a layer and one for all: cycles and memory traffic in blocks and in the exact mode.
pub fn beside_exact(plan: &Plan, exact: &Plan) -> Table {
    let mut rows = table([
        "layer",
        "map",
        "block",
        "cycles in blocks",
        "cycles exact",
        "ratio",
        "traffic in blocks",
        "traffic exact",
    ]);
    let layers = |plan: &Plan| -> Vec<LayerPlan> {
        let groups = plan.groups.iter();
        groups.flat_map(|group| group.layers.clone()).collect()
    };
    for (layer, exact) in layers(plan).iter().zip(layers(exact)) {
        let shape = &layer.shape;
        let [rows_of, cols_of] = shape.block;
        let mut row = vec![
            shape.name.clone(),
            format!("{}×{}", shape.height, shape.width),
            match shape.in_blocks() {
                true => format!("{rows_of}×{cols_of}"),
                false => "whole".into(),
            },
        ];
        row.extend(costs(&layer.prediction, &exact.prediction));
        rows.add_row(row);
    }
    let mut all = vec!["all".into(), String::new(), String::new()];
    all.extend(costs(&plan.prediction(), &exact.prediction()));
    rows.add_row(all);
    rows
}

fn costs(blocks: &Prediction, exact: &Prediction) -> [String; 5] {
    let traffic = |of: &Prediction| format!("{:.2} MB", of.memory_bytes() as f64 / 1e6);
    [
        blocks.cycles.to_string(),
        exact.cycles.to_string(),
        format!("{:.2}", blocks.cycles as f64 / exact.cycles.max(1) as f64),
        traffic(blocks),
        traffic(exact),
    ]
}
