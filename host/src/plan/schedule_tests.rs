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
        pool,
        pad_value: 0,
    }
}

fn groups() -> impl Strategy<Value = (Vec<ConvShape>, u32)> {
    let layers = prop::collection::vec((1u32..9, any::<bool>()), 1..4);
    (1u32..70, 1u32..9, layers, 1u32..20).prop_map(|(height, cin, layers, strips)| {
        let (mut height, mut cin) = (height, cin);
        let mut shapes = Vec::new();
        for (cout, pool) in layers {
            let pool = pool && height > 1;
            shapes.push(shape(cin, cout, height, 8, pool));
            cin = cout;
            if pool {
                height /= 2;
            }
        }
        let tile_rows = shapes[shapes.len() - 1].tile_rows();
        (shapes, strips.min(tile_rows))
    })
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

/// The pixel rows of the map that tile rows read.
fn window(shape: &ConvShape, rows: &Range<u32>) -> Range<u32> {
    (4 * rows.start).saturating_sub(1)..(4 * rows.end + 1).min(shape.height)
}

proptest! {
    #[test]
    fn every_row_is_there_when_it_is_read((shapes, strips) in groups()) {
        let config = preset("ulx3s-85f").unwrap();
        let schedule = Schedule::new(&shapes, 4, &config, strips).unwrap();
        let ring = |r: &LineBufferRegion| Ring(vec![None; 6 * r.ring_depth as usize]);
        let mut rings: Vec<Ring> = schedule.rings.iter().map(ring).collect();
        let mut done = vec![0; shapes.len()];
        let mut loaded = 0;
        for strip in &schedule.strips {
            prop_assert_eq!(strip.loads.start, loaded);
            loaded = strip.loads.end;
            rings[0].write(2 * strip.loads.start..2 * strip.loads.end);
            for (stage, rows) in strip.rows.iter().enumerate() {
                prop_assert_eq!(rows.start, done[stage]);
                done[stage] = rows.end;
                if rows.is_empty() {
                    continue;
                }
                prop_assert!(rings[stage].holds(window(&shapes[stage], rows)));
                if let Some(next) = rings.get_mut(stage + 1) {
                    let height = if shapes[stage].pool { 2 } else { 4 };
                    next.write(height * rows.start..height * rows.end);
                }
            }
        }
        prop_assert_eq!(loaded, shapes[0].sub_rows());
        prop_assert_eq!(done[shapes.len() - 1], shapes[shapes.len() - 1].tile_rows());
    }

    #[test]
    fn loads_ahead_spoil_nothing((shapes, strips) in groups(), depth in 1u32..12) {
        let config = preset("ulx3s-85f").unwrap();
        let schedule = Schedule::new(&shapes, 4, &config, strips).unwrap();
        let mut region = schedule.rings[0];
        let least = rows_needed(&shapes, &schedule.strips, 0).div_ceil(ROWS_PER_SLOT);
        region.ring_depth = least + depth % 4;
        let places = 6 * region.ring_depth;
        let strips: Vec<&Strip> = schedule.strips.iter().filter(|s| !s.rows[0].is_empty()).collect();
        let mut starts = Vec::new();
        for (index, strip) in strips.iter().enumerate() {
            starts.push(strip.rows[0].start);
            let parts = waits(&region, &starts, &strip.loads);
            prop_assert!(parts.len() <= 2);
            let mut next = strip.loads.start;
            for (sub_rows, after) in parts {
                prop_assert_eq!(sub_rows.start, next);
                next = sub_rows.end;
                // While it loads, any strip behind `after` may still be read.
                let running = after.map_or(0, |after| after + 1);
                prop_assert!(running <= index);
                for strip in &strips[running..index] {
                    for live in window(&shapes[0], &strip.rows[0]) {
                        let clash = (2 * sub_rows.start..2 * sub_rows.end).any(|row| row != live && row % places == live % places);
                        prop_assert!(!clash, "row {} of a strip that may run", live);
                    }
                }
            }
            prop_assert_eq!(next, strip.loads.end);
        }
    }
}

#[test]
fn deep_layers_take_two_strips_of_the_small_map() {
    // 28×28×512 on nine sub-rows: four tile rows first, since nothing is above them, then three.
    let config = preset("ulx3s-85f").unwrap();
    let shapes = [shape(512, 512, 28, 28, false)];
    let schedule = Schedule::new(&shapes, 14, &config, 2).unwrap();
    assert_eq!(schedule.strips[0].rows[0], 0..4);
    assert_eq!(schedule.strips[1].rows[0], 4..7);
    assert_eq!(schedule.rings[0].ring_depth, 3);
    // One strip would need the whole map.
    assert_eq!(Schedule::new(&shapes, 14, &config, 1), Err(5 * 2560));
}

#[test]
fn the_first_group_of_vgg_keeps_few_rows() {
    let config = preset("ulx3s-85f").unwrap();
    let shapes = [shape(3, 64, 224, 224, false), shape(64, 64, 224, 224, true)];
    let schedule = Schedule::new(&shapes, 112, &config, 19).unwrap();
    // Three tile rows need 17 rows of pixels between the layers.
    assert_eq!(schedule.rings[1].ring_depth, 3);
    assert_eq!(schedule.strips[0].loads, 0..9);
    assert_eq!(schedule.strips[0].rows, [0..4, 0..3]);
    assert_eq!(schedule.strips[1].rows, [4..7, 3..6]);
    assert!(schedule.rings[0].ring_end() <= config.lane_depth);
}
