use super::*;

fn line(kernel: usize, stride: usize, padding: [usize; 2], size: usize) -> Option<Line> {
    let room = (size + padding[0] + padding[1]).checked_sub(kernel)?;
    Some(Line {
        kernel,
        stride,
        padding: padding[0],
        size,
        places: room / stride + 1,
    })
}

/// What the engine computes along an axis, all taps 1 apart from their number: the sum of (tap + 1)·(pixel + 1) over what lies in the map.
fn by_engine(axis: &Axis, size: usize) -> Vec<u64> {
    let at = |copy: &MapCopy, place: i64| match u32::try_from(place) {
        Ok(place) if place < axis.size => axis.pixel(copy, place, size).map_or(0, |p| p as u64 + 1),
        _ => 0,
    };
    let places = (0..axis.places).map(|place| i64::from(axis.margin + place * axis.step));
    let sum = |place: i64| {
        let copies = axis.copies.iter();
        let taps = copies.flat_map(|copy| copy.taps.iter().enumerate().map(move |tap| (copy, tap)));
        taps.map(|(copy, (index, tap))| match tap {
            Some(tap) => (u64::from(*tap) + 1) * at(copy, place + index as i64 - 1),
            None => 0,
        })
        .sum()
    };
    places.map(sum).collect()
}

fn by_hand(line: &Line) -> Vec<u64> {
    let sum = |place: usize| {
        let taps = (0..line.kernel).filter_map(|tap| {
            let pixel = (place * line.stride + tap).checked_sub(line.padding)?;
            (pixel < line.size).then_some((tap as u64 + 1) * (pixel as u64 + 1))
        });
        taps.sum()
    };
    (0..line.places).map(sum).collect()
}

/// Every kernel up to 8 taps, every stride up to 5, every padding, small maps.
#[test]
fn every_small_kernel_is_cut_exactly() {
    let mut count = 0;
    for (kernel, stride) in (1..=8).flat_map(|k| (1..=5).map(move |s| (k, s))) {
        for (before, behind) in (0..kernel).flat_map(|b| (0..kernel).map(move |e| (b, e))) {
            for size in 1..12 {
                let Some(line) = line(kernel, stride, [before, behind], size) else {
                    continue;
                };
                for (dense, even) in [(false, 1), (false, 2), (true, 1)] {
                    let axis = Axis::new(&line, dense, even);
                    assert!(axis.covers(kernel) && axis.margin.is_multiple_of(even));
                    assert!(axis.margin + (axis.places - 1) * axis.step < axis.size);
                    assert_eq!(by_engine(&axis, size), by_hand(&line), "{line:?} {axis:?}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 20_000, "{count}");
}

#[test]
fn the_usual_kernels_need_as_few_copies_as_there_can_be() {
    let copies = |kernel, stride, padding: usize| {
        let line = line(kernel, stride, [padding; 2], 32).unwrap();
        Axis::new(&line, false, 1).copies.len()
    };
    let found = [
        (1, 1, 0),
        (3, 1, 1),
        (5, 1, 2),
        (7, 1, 3),
        (3, 2, 1),
        (7, 2, 3),
        (11, 4, 2),
        (1, 2, 0),
    ];
    let found = found.map(|(kernel, stride, padding)| copies(kernel, stride, padding));
    assert_eq!(found, [1, 1, 2, 3, 2, 3, 4, 1]);
}

#[test]
fn without_padding_the_map_itself_is_read() {
    let line = line(3, 1, [0, 0], 32).unwrap();
    let axis = Axis::new(&line, false, 1);
    assert!(axis.is_identity(32) && !axis.is_whole());
    assert_eq!((axis.margin, axis.size, axis.places), (1, 32, 30));
}
