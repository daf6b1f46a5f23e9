//! From 36 pixel lanes to the 6×6 window: undo the bank rotation, then pad.
use crate::dataflow::{Graph, Value};

/// What the sequencer says about a window, all for the same tile.
pub struct WindowControl {
    /// Bank of the window's first padded sub-row, `0..=2`.
    pub row_bank: Value,
    /// Bank of the window's first padded sub-column, `0..=2`.
    pub col_bank: Value,
    /// Whether window row `i` lies inside the map.
    pub row_inside: [Value; 6],
    /// Whether window column `j` lies inside the map.
    pub col_inside: [Value; 6],
    /// The byte read outside the map.
    pub pad: Value,
}

/// The window in row-major order, three pipeline stages after `lanes`.
///
/// `lanes[4·bank + parity]`. Window row `i` is in padded sub-row `i div 2`, so in bank row `(row_bank + i div 2) mod 3`, parity `i mod 2`;
/// columns alike. Rotation controls are copied for each pixel of the window, or their wires would decide the clock.
pub fn window(g: &mut Graph, lanes: &[Value], control: &WindowControl) -> [[Value; 6]; 6] {
    let stage = g.stage(lanes[0]);
    let copies = |g: &mut Graph, control: Value, stage: u32| -> [[Value; 4]; 9] {
        let early = g.at_stage(control, stage - 1);
        std::array::from_fn(|_| std::array::from_fn(|_| g.replicate(early)))
    };
    let row_bank = copies(g, control.row_bank, stage);
    let col_bank = copies(g, control.col_bank, stage + 1);
    let bank = |a: usize, b: usize, parity: usize| 4 * (3 * (a % 3) + b % 3) + parity;
    // Row rotation: place (a, b) holds the sub-block of window sub-row a in bank column b.
    let mut rows = [[[lanes[0]; 4]; 3]; 3];
    for (a, row) in rows.iter_mut().enumerate() {
        for (b, place) in row.iter_mut().enumerate() {
            for (parity, pixel) in place.iter_mut().enumerate() {
                let options = [0, 1, 2].map(|turn| lanes[bank(a + turn, b, parity)]);
                let selected = g.select(row_bank[3 * a + b][parity], &options);
                *pixel = g.reg(selected);
            }
        }
    }
    // Registers of their own for each pixel, and of the pad for each row, for the same reason.
    let inside: [[Value; 6]; 6] = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let [row, col] =
                [control.row_inside[i], control.col_inside[j]].map(|v| g.at_stage(v, stage + 1));
            let both = g.and(row, col);
            g.replicate(both)
        })
    });
    let early = g.at_stage(control.pad, stage + 1);
    let pad: [Value; 6] = std::array::from_fn(|_| g.replicate(early));
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let (a, b, parity) = (i / 2, j / 2, 2 * (i % 2) + j % 2);
            let options = [0, 1, 2].map(|turn| rows[a][(b + turn) % 3][parity]);
            let selected = g.select(col_bank[3 * a + b][parity], &options);
            let selected = g.reg(selected);
            let padded = g.if_else(inside[i][j], selected, pad[i]);
            g.reg(padded)
        })
    })
}
