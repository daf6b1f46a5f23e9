use super::*;
use proptest::prelude::*;
use rowfuse_spec::config::preset;

fn shape(cin: u32, cout: u32, height: u32, width: u32, pool: bool) -> ConvShape {
    ConvShape {
        name: "layer".into(),
        cin,
        cout,
        height,
        width,
        block: [height, width],
        pool,
        pad_value: 0,
        host: None,
        arrange: None,
        crop: None,
    }
}

/// A group of a map of one block or several, and strips for each.
fn groups() -> impl Strategy<Value = (Vec<ConvShape>, u32)> {
    let layers = prop::collection::vec((1u32..9, any::<bool>()), 1..4);
    (1u32..70, 1u32..9, layers, 1u32..20, 1u32..40).prop_map(
        |(height, cin, layers, strips, half)| {
            let (mut rows, mut cin) = (height, cin);
            let mut shapes = Vec::new();
            for (cout, pool) in layers {
                let pool = pool && rows > 1;
                shapes.push(shape(cin, cout, rows, 8, pool));
                cin = cout;
                if pool {
                    rows /= 2;
                }
            }
            let length = shapes.len();
            let before = &shapes[..length - 1];
            let pools = before.iter().filter(|shape| shape.pool).count();
            shapes[0].block[0] = (half << (pools + 1)).min(height);
            crate::plan::blocks::shrink(&mut shapes, &[length]);
            (shapes, strips)
        },
    )
}

fn schedule(shapes: &[ConvShape], strips: u32) -> Schedule {
    let config = preset("ulx3s-85f").unwrap();
    let blocks = crate::plan::blocks::cut(shapes, 4).unwrap();
    Schedule::new(shapes, blocks, &config, strips).unwrap()
}

/// A ring that remembers which pixel row each of its places holds.
struct Ring(Vec<Option<u32>>);

impl Ring {
    fn write(&mut self, rows: Range<u32>) {
        for row in rows {
            // The padded row is one further on.
            let place = (row + 1) as usize % self.0.len();
            self.0[place] = Some(row);
        }
    }

    fn holds(&self, rows: Range<u32>) -> bool {
        rows.into_iter()
            .all(|row| self.0[(row + 1) as usize % self.0.len()] == Some(row))
    }
}

/// The pixel rows of a map, or a block of it, that tile rows read which begin `above` rows above it.
fn window(height: u32, above: u32, rows: &Range<u32>) -> Range<u32> {
    (4 * rows.start).saturating_sub(1 + above)..(4 * rows.end + 1 - above).min(height)
}

proptest! {
    #[test]
    fn every_row_is_there_when_it_is_read((shapes, strips) in groups()) {
        let schedule = schedule(&shapes, strips);
        let ring = |r: &LineBufferRegion| Ring(vec![None; 6 * r.ring_depth as usize]);
        let mut rings: Vec<Ring> = schedule.rings.iter().map(ring).collect();
        let last = shapes.len() - 1;
        for (index, block) in schedule.blocks.iter().enumerate() {
            let extents = block.extents(&shapes);
            let above = block.rows_above(&shapes);
            let mut done = vec![0; shapes.len()];
            let mut loaded = 0;
            let top = 2 * block.from;
            for strip in schedule.strips.iter().filter(|strip| strip.block == index) {
                prop_assert_eq!(strip.loads.start, loaded);
                loaded = strip.loads.end;
                rings[0].write(top + 2 * strip.loads.start..top + 2 * strip.loads.end);
                for (stage, rows) in strip.rows.iter().enumerate() {
                    prop_assert_eq!(rows.start, done[stage]);
                    done[stage] = rows.end;
                    if rows.is_empty() {
                        continue;
                    }
                    let top = if stage == 0 { top } else { 0 };
                    let read = window(extents[stage].0, above[stage], rows);
                    prop_assert_eq!(strip.first_rows[stage], read.start);
                    prop_assert!(rings[stage].holds(top + read.start..top + read.end));
                    if let Some(next) = rings.get_mut(stage + 1) {
                        let height = if shapes[stage].pool { 2 } else { 4 };
                        next.write(height * rows.start..height * rows.end);
                    }
                }
            }
            prop_assert_eq!(loaded, block.sub_rows());
            prop_assert_eq!(done[last], (extents[last].0 + above[last]).div_ceil(4));
        }
    }

    #[test]
    fn loads_ahead_spoil_nothing((shapes, strips) in groups(), depth in 1u32..12) {
        let schedule = schedule(&shapes, strips);
        let mut region = schedule.rings[0];
        let least = rows_needed(&shapes, &schedule.strips, 0).div_ceil(ROWS_PER_SLOT);
        region.ring_depth = least + depth % 4;
        let places = 6 * region.ring_depth;
        let strips: Vec<&Strip> = schedule.strips.iter().filter(|s| !s.rows[0].is_empty()).collect();
        let live = |strip: &Strip| {
            let block = &schedule.blocks[strip.block];
            let read = window(block.height, block.rows_above(&shapes)[0], &strip.rows[0]);
            2 * block.from + read.start..2 * block.from + read.end
        };
        let mut starts = Vec::new();
        for (index, strip) in strips.iter().enumerate() {
            starts.push(live(strip).start);
            let from = schedule.blocks[strip.block].from;
            let parts = waits(&region, &starts, &(from + strip.loads.start..from + strip.loads.end));
            prop_assert!(parts.len() <= 2);
            let mut next = from + strip.loads.start;
            for (sub_rows, after) in parts {
                prop_assert_eq!(sub_rows.start, next);
                next = sub_rows.end;
                // While it loads, any strip behind `after` may still be read.
                let running = after.map_or(0, |after| after + 1);
                prop_assert!(running <= index);
                for strip in &strips[running..index] {
                    for live in live(strip) {
                        let clash = (2 * sub_rows.start..2 * sub_rows.end).any(|row| row != live && row % places == live % places);
                        prop_assert!(!clash, "row {} of a strip that may run", live);
                    }
                }
            }
            prop_assert_eq!(next, from + strip.loads.end);
        }
    }
}

#[test]
fn deep_layers_take_two_strips_of_the_small_map() {
    // 28×28×512 on nine sub-rows: four tile rows first, since nothing is above them, then three.
    let config = preset("ulx3s-85f").unwrap();
    let shapes = [shape(512, 512, 28, 28, false)];
    let blocks = crate::plan::blocks::cut(&shapes, 14).unwrap();
    let schedule = Schedule::new(&shapes, blocks.clone(), &config, 2).unwrap();
    assert_eq!(schedule.strips[0].rows[0], 0..4);
    assert_eq!(schedule.strips[1].rows[0], 4..7);
    assert_eq!(schedule.rings[0].ring_depth, 3);
    // One strip would need the whole map.
    assert_eq!(Schedule::new(&shapes, blocks, &config, 1), Err(5 * 2560));
}

#[test]
fn the_first_group_of_vgg_keeps_few_rows() {
    let config = preset("ulx3s-85f").unwrap();
    let shapes = [shape(3, 64, 224, 224, false), shape(64, 64, 224, 224, true)];
    let blocks = crate::plan::blocks::cut(&shapes, 112).unwrap();
    let schedule = Schedule::new(&shapes, blocks, &config, 19).unwrap();
    // Three tile rows need 17 rows of pixels between the layers.
    assert_eq!(schedule.rings[1].ring_depth, 3);
    assert_eq!(schedule.strips[0].loads, 0..9);
    assert_eq!(schedule.strips[0].rows, [0..4, 0..3]);
    assert_eq!(schedule.strips[1].rows, [4..7, 3..6]);
    assert!(schedule.rings[0].ring_end() <= config.lane_depth);
}
