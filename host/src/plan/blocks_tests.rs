use super::*;
use proptest::prelude::*;

fn shape(height: u32, width: u32, blocks: Blocks, pool: bool) -> ConvShape {
    ConvShape {
        name: "layer".into(),
        cin: 5,
        cout: 6,
        height,
        width,
        block: blocks.of(height, width),
        pool,
        pad_value: 0,
        host: None,
        arrange: None,
        crop: None,
    }
}

#[test]
fn sizes_are_read_and_checked() {
    assert_eq!("28".parse(), Ok(Blocks::Fixed(28)));
    assert_eq!("2x2".parse(), Ok(Blocks::Quarters));
    for text in ["28", "2x2"] {
        assert_eq!(text.parse::<Blocks>().unwrap().to_string(), text);
    }
    for (text, word) in [
        ("0", "0"),
        ("7", "7"),
        ("-2", "2x2"),
        ("", "2x2"),
        ("3x3", "2x2"),
    ] {
        let error = text.parse::<Blocks>().unwrap_err();
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn quarters_are_whole_tiles() {
    let halves = [
        (224, 112),
        (112, 56),
        (28, 16),
        (14, 8),
        (7, 4),
        (5, 4),
        (4, 4),
        (1, 1),
    ];
    for (size, half) in halves {
        assert_eq!(Blocks::Quarters.of(size, 224), [half, 112], "{size}");
    }
    assert_eq!(Blocks::Fixed(28).of(56, 14), [28, 14]);
}

#[test]
fn odd_sizes_within_a_group_are_refused_by_their_number() {
    let fixed = Blocks::Fixed(14);
    let mut group = [shape(28, 28, fixed, true), shape(14, 14, fixed, false)];
    shrink(&mut group, &[2]);
    for last_pools in [false, true] {
        group[1].pool = last_pools;
        let error = cut(&group, 14).unwrap_err();
        assert!(matches!(
            error,
            PlanError::BlockPool {
                block: 14,
                pools: 1,
                ..
            }
        ));
        assert!(
            error.to_string().contains("14 pixels is 7 behind 1 pools"),
            "{error}"
        );
    }
    // One block is no block, and without a pool 14 is even enough.
    let blocks = |group: &[ConvShape]| cut(group, 14).unwrap().len();
    assert_eq!(blocks(&[shape(14, 14, fixed, true)]), 1);
    assert_eq!(blocks(&[shape(28, 28, fixed, false)]), 4);
}

#[test]
fn blocks_odd_behind_the_last_pool_begin_two_pixels_earlier() {
    let fixed = Blocks::Fixed(14);
    let group = [shape(42, 30, fixed, false), shape(42, 30, fixed, true)];
    let blocks = cut(&group, 15).unwrap();
    assert_eq!(blocks.len(), 9);
    // 14 is an odd pooled row or column, 28 an even one.
    let insets = |index: usize| blocks[index].insets(&group);
    assert_eq!(insets(0), [[false, false]; 2]);
    assert_eq!(insets(1), [[false, false], [false, true]]);
    assert_eq!(insets(3), [[false, false], [true, false]]);
    assert_eq!(insets(4), [[false, false], [true, true]]);
    assert_eq!(insets(8), [[false, false]; 2]);
    assert_eq!(blocks[4].output(&group), (3, 3));
    assert_eq!(blocks[8].output(&group), (7, 7));
}

#[test]
fn blocks_behind_a_pool_must_be_those_it_leaves() {
    let fixed = Blocks::Fixed(8);
    let mut group = [shape(32, 16, fixed, true), shape(16, 8, fixed, false)];
    let error = cut(&group, 8).unwrap_err();
    assert!(matches!(
        error,
        PlanError::BlocksDiffer {
            expected: [4, 4],
            found: [8, 8],
            ..
        }
    ));
    shrink(&mut group, &[1, 1]);
    assert_eq!(group[1].block, [8, 8]);
    shrink(&mut group, &[2]);
    assert_eq!(group[1].block, [4, 4]);
    let blocks = cut(&group, 8).unwrap();
    assert_eq!(blocks.len(), 8);
    assert_eq!(blocks[3].extents(&group), [(8, 8), (4, 4)]);
    assert_eq!((blocks[3].from, blocks[3].output(&group)), (12, (2, 2)));
}

proptest! {
    /// Every pixel of the output is written, last of all by the block that it belongs to, and nothing beyond the map.
    #[test]
    fn outputs_lie_side_by_side(
        height in 1u32..60, width in 1u32..60, half in 1u32..16, quarters: bool, pool: bool,
    ) {
        let blocks = if quarters { Blocks::Quarters } else { Blocks::Fixed(2 * half) };
        prop_assume!(!pool || height > 1 && width > 1);
        let group = [shape(height, width, blocks, pool)];
        let cuts = cut(&group, width.div_ceil(2)).unwrap();
        let map = group[0].output_map(0, 4);
        let (stored_rows, stored_cols) = (2 * map.sub_rows, 2 * map.sub_cols);
        let mut owner = vec![None; (stored_rows * stored_cols) as usize];
        for (index, block) in cuts.iter().enumerate() {
            let (sub_row, sub_col) = block.output(&group);
            let [above, beside] = block.insets(&group)[0].map(u32::from);
            let rows = group[0].stored(block.height + 2 * above);
            let cols = group[0].stored(block.width + 2 * beside);
            prop_assert!(sub_row + rows <= map.sub_rows && sub_col + cols <= map.sub_cols);
            for row in 2 * sub_row + above..2 * (sub_row + rows) {
                for col in 2 * sub_col + beside..2 * (sub_col + cols) {
                    owner[(row * stored_cols + col) as usize] = Some(index);
                }
            }
        }
        let unit = if pool { 2 } else { 1 };
        for row in 0..map.height {
            for col in 0..map.width {
                let index = owner[(row * stored_cols + col) as usize];
                let block = &cuts[index.unwrap()];
                let (row, col) = (unit * row, unit * col);
                prop_assert!((block.row..block.row + block.height).contains(&row));
                prop_assert!((block.col..block.col + block.width).contains(&col));
            }
        }
    }
}
