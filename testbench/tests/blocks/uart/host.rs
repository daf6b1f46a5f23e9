//! The other end of the line, with a clock of its own. It knows bits and periods, nothing of phases.

/// Levels of the line, one a clock, while a host sends `bytes` without a pause at `clocks` a bit, the first edge `late` clocks after
/// the first level.
pub fn send(bytes: &[u8], clocks: f64, late: f64) -> Vec<bool> {
    let levels: Vec<bool> = bytes.iter().flat_map(|&byte| levels(byte, true)).collect();
    draw(&levels, clocks, late)
}

/// Start bit, data and stop bit of a byte.
pub fn levels(byte: u8, stop: bool) -> Vec<bool> {
    let mut levels = vec![false];
    levels.extend((0..8).map(|bit| byte >> bit & 1 == 1));
    levels.push(stop);
    levels
}

/// Levels that last `clocks` each, after `late` clocks of a high line.
pub fn draw(levels: &[bool], clocks: f64, late: f64) -> Vec<bool> {
    let total = (levels.len() as f64 * clocks + late).ceil() as usize;
    (0..total)
        .map(|clock| {
            let place = ((clock as f64 - late) / clocks).floor();
            if place < 0.0 {
                true
            } else {
                levels.get(place as usize).copied().unwrap_or(true)
            }
        })
        .collect()
}

/// Bytes that a host makes of a line at `clocks` a bit; `None` where a stop bit was low.
pub fn receive(line: &[bool], clocks: f64) -> Vec<Option<u8>> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while let Some(start) = (at..line.len()).find(|&clock| !line[clock]) {
        let middle = |bit: usize| start + ((bit as f64 + 0.5) * clocks) as usize;
        let sample = |bit| line.get(middle(bit)).copied().unwrap_or(true);
        let byte = (0..8).map(|bit| u8::from(sample(bit + 1)) << bit).sum();
        bytes.push((sample(9) && !sample(0)).then_some(byte));
        at = middle(9);
        while line.get(at) == Some(&false) {
            at += 1;
        }
    }
    bytes
}
