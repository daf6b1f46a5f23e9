use super::*;
use crate::config::preset;
use crate::error::LayoutError;
use proptest::prelude::*;

fn lanes() -> impl Strategy<Value = u32> {
    prop::sample::select(vec![1u32, 2, 4])
}

fn maps() -> impl Strategy<Value = FeatureMap> {
    (lanes(), 1u32..10, 1u32..12, 1u32..12, 0u32..99, 0..3).prop_map(
        |(lanes, c, h, w, half, kind)| match kind {
            0 => FeatureMap::input(2 * half, c, h, w, lanes),
            kind => FeatureMap::conv_output(2 * half, c, h, w, lanes, kind == 2),
        },
    )
}

proptest! {
    #[test]
    fn maps_round_trip(map in maps(), seed in any::<u8>()) {
        let count = map.channels * map.height * map.width;
        let chw: Vec<u8> = (0..count).map(|n| (n as u8).wrapping_mul(31) ^ seed).collect();
        let packed = map.pack(&chw, 0xEE).unwrap();
        prop_assert_eq!(packed.len() as u32, map.bytes());
        prop_assert_eq!(map.unpack(&packed).unwrap(), chw);
        prop_assert!(map.height.div_ceil(2) <= map.sub_rows && map.width.div_ceil(2) <= map.sub_cols);
    }

    #[test]
    fn pixels_lie_where_the_contract_says(map in maps()) {
        let mut seen = std::collections::HashSet::new();
        for c in 0..map.channels {
            for y in 0..map.height {
                for x in 0..map.width {
                    let (k, groups) = (map.lanes, map.groups());
                    let quad = (((y / 2) * groups + c / k) * map.sub_cols + x / 2) * k + c % k;
                    let address = map.base + quad * 4 + (y & 1) * 2 + (x & 1);
                    prop_assert_eq!(map.address(c, y, x), address);
                    prop_assert!(address < map.end() && seen.insert(address));
                }
            }
        }
    }

    #[test]
    fn weights_round_trip(lanes in lanes(), cout in 1u32..10, cin in 1u32..6, seed in any::<i8>()) {
        let oihw: Vec<i8> = (0..cout * cin * 9).map(|n| (n as i8).wrapping_mul(37) ^ seed).collect();
        let packed = pack_weights(&oihw, cout, cin, lanes).unwrap();
        prop_assert_eq!(packed.len() as u32, weight_bytes(cout, cin, lanes));
        prop_assert_eq!(unpack_weights(&packed, cout, cin, lanes).unwrap(), oihw);
    }

    #[test]
    fn rings_hold_distinct_rows(base in 0u32..99, depth in 1u32..5, cols in 1u32..9, c in 1u32..9, lanes in lanes()) {
        let region = LineBufferRegion::new(base, depth, cols, c, lanes);
        let slots: Vec<Slot> = (0..2 * region.sub_rows()).map(|s| region.slot(s)).collect();
        let (once, again) = slots.split_at(region.sub_rows() as usize);
        prop_assert_eq!(once, again);
        for (place, slot) in once.iter().enumerate() {
            prop_assert!(!once[..place].contains(slot));
            prop_assert!(slot.address >= base && slot.address + region.row_pitch() <= region.ring_end());
        }
    }
}

#[test]
fn stored_shapes_of_vgg() {
    let input = FeatureMap::input(0, 3, 224, 224, 4);
    assert_eq!(
        (
            input.groups(),
            input.sub_rows,
            input.sub_cols,
            input.bytes()
        ),
        (1, 112, 112, 200_704)
    );
    let conv5 = FeatureMap::conv_output(0, 512, 14, 14, 4, false);
    assert_eq!((conv5.sub_rows, conv5.sub_cols), (8, 8));
    let pool5 = FeatureMap::conv_output(0, 512, 14, 14, 4, true);
    assert_eq!(
        (pool5.height, pool5.width, pool5.sub_rows, pool5.sub_cols),
        (7, 7, 4, 4)
    );
    assert_eq!([1, 2, 4].map(entry_bytes), [10, 18, 36]);
}

#[test]
fn wrong_lengths_and_rings_are_refused() {
    let map = FeatureMap::input(0, 1, 2, 2, 1);
    assert_eq!(
        map.pack(&[0; 5], 0).unwrap_err().to_string(),
        "a feature map has 5 bytes, but its shape needs 4"
    );
    assert!(map.unpack(&[0; 3]).is_err());
    assert!(pack_weights(&[0; 8], 1, 1, 1).is_err());
    assert!(unpack_weights(&[0; 9], 1, 1, 1).is_err());
    let config = preset("ulx3s-85f").unwrap();
    let region = LineBufferRegion::new(0, 3, 56, 64, 4);
    assert_eq!((region.row_pitch(), region.ring_end()), (2432, 7296));
    assert_eq!(region.fits(&config), Ok(()));
    for (bad, sentence) in [
        (
            LineBufferRegion {
                ring_depth: 4,
                ..region
            },
            "the line buffer needs 9728 bytes a lane, but has 8192",
        ),
        (
            LineBufferRegion {
                ring_depth: 0,
                ..region
            },
            "the ring depth is 0, but must be from 1 to 8192",
        ),
        (
            LineBufferRegion {
                base: 897,
                ..region
            },
            "the line buffer needs 8193 bytes a lane, but has 8192",
        ),
        (
            LineBufferRegion {
                base: 8192,
                ..region
            },
            "the ring's base is 8192, but must be from 0 to 8191",
        ),
        (
            LineBufferRegion {
                tile_cols: 129,
                ..region
            },
            "the number of tile columns is 129, but must be from 1 to 128",
        ),
        (
            LineBufferRegion {
                channel_stride: 516,
                ..region
            },
            "the channel stride is 516, but must be from 1 to 512",
        ),
    ] {
        assert_eq!(bad.fits(&config).unwrap_err().to_string(), sentence);
    }
    assert!(matches!(
        LineBufferRegion {
            ring_depth: 1,
            tile_cols: 24,
            channel_stride: 512,
            base: 0
        }
        .fits(&config),
        Err(LayoutError::LineBuffer { .. })
    ));
}
