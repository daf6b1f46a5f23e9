//! The cycles in which one tile of a program goes through the engine.

use rowfuse_spec::Command;

/// Cycles that are kept behind the last write, in which the results reach their place.
const TAIL: u64 = 16;

/// A tile's place in a program, in the order in which tiles are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileWindow {
    /// Tiles issued before it.
    pub before: u64,
    /// Those of them whose results go to memory.
    pub stored_before: u64,
    /// Whether its own results go to memory rather than to the line buffer.
    pub to_memory: bool,
    /// Whether it is its command's first.
    pub first: bool,
}

impl TileWindow {
    /// Looks a tile up: of the layer whose CONVs have that tag, with that group of output channels, tile row and tile
    /// column, all counted from 0. `None` if the program computes no such tile.
    pub fn find(program: &[Command], tag: u32, group: u32, row: u32, col: u32) -> Option<Self> {
        let (mut before, mut stored_before) = (0, 0);
        for command in program {
            let Command::Conv(conv) = command else {
                continue;
            };
            let to_memory = !conv.to_line_buffer();
            let (rows, cols) = (conv.tile_rows, conv.tile_cols);
            let within = row.checked_sub(conv.first_row / 4).filter(|r| *r < rows);
            if let Some(within) = within {
                if conv.tag == tag && group < conv.groups && col < cols {
                    let index = u64::from((group * rows + within) * cols + col);
                    return Some(Self {
                        before: before + index,
                        stored_before: stored_before + if to_memory { index } else { 0 },
                        to_memory,
                        first: index == 0,
                    });
                }
            }
            let tiles = u64::from(conv.groups * rows * cols);
            before += tiles;
            stored_before += if to_memory { tiles } else { 0 };
        }
        None
    }
}

/// What is seen of the engine in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Strobes {
    /// A program runs.
    pub busy: bool,
    /// The compute unit starts a command.
    pub start: bool,
    /// The sequencer issues a tile's first channel.
    pub tile: bool,
    /// A tile's last quad leaves the output stage.
    pub tile_end: bool,
    /// A tile's last word is given to memory.
    pub written: bool,
}

/// Where a tile's cycles were, counted from its program's first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileCycles {
    /// The first cycle of the window: behind the first channel of the tile before, or behind the start of the
    /// command if it has none before.
    pub first: u64,
    /// The tile's first channel is issued.
    pub issued: u64,
    /// The last of its results is given to memory, or leaves for the line buffer.
    pub written: u64,
    /// The last cycle of the window.
    pub last: u64,
}

/// What is to be done before the next cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing.
    Stay,
    /// The window's first cycle is next, that of this number.
    Open(u64),
    /// The window's last cycle is over.
    Close(TileCycles),
}

/// Follows a program, which must be the first since the board was made, until the tile has gone through.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    window: TileWindow,
    cycle: u64,
    issued: u64,
    ended: u64,
    written: u64,
    first: Option<u64>,
    issued_at: u64,
    written_at: Option<u64>,
}

impl Watch {
    pub(super) fn new(window: TileWindow) -> Self {
        Self {
            window,
            cycle: 0,
            issued: 0,
            ended: 0,
            written: 0,
            first: None,
            issued_at: 0,
            written_at: None,
        }
    }

    /// Sees a cycle.
    pub(super) fn see(&mut self, now: Strobes) -> Step {
        if !now.busy {
            return Step::Stay;
        }
        let cycle = self.cycle;
        self.cycle += 1;
        let window = self.window;
        let step = match (self.first, self.written_at) {
            (None, _) => {
                let opens = if window.first {
                    now.start && self.issued == window.before
                } else {
                    now.tile && self.issued + 1 == window.before
                };
                if opens {
                    self.first = Some(cycle + 1);
                    Step::Open(cycle + 1)
                } else {
                    Step::Stay
                }
            }
            (Some(first), Some(written)) if cycle == written + TAIL => Step::Close(TileCycles {
                first,
                issued: self.issued_at,
                written,
                last: cycle,
            }),
            _ => Step::Stay,
        };
        if now.tile {
            if self.issued == window.before {
                self.issued_at = cycle;
            }
            self.issued += 1;
        }
        let done = if window.to_memory {
            now.written && self.written == window.stored_before
        } else {
            now.tile_end && self.ended == window.before
        };
        if done {
            self.written_at = Some(cycle);
        }
        self.ended += u64::from(now.tile_end);
        self.written += u64::from(now.written);
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rowfuse_spec::command::{OUTPUT_LINE_BUFFER, OUTPUT_POOL};
    use rowfuse_spec::{Conv, End};

    /// Two strips of a fused pair: 2 × 3 tiles of two groups, then one row of the pooled layer behind it.
    fn program() -> Vec<Command> {
        let conv = |tag, first_row, tile_rows, groups, output| {
            Command::Conv(Conv {
                tag,
                first_row,
                tile_rows,
                tile_cols: 3,
                groups,
                output,
                ..Conv::default()
            })
        };
        vec![
            conv(0, 0, 2, 2, OUTPUT_LINE_BUFFER),
            conv(1, 0, 1, 1, OUTPUT_POOL),
            conv(0, 8, 1, 2, OUTPUT_LINE_BUFFER),
            conv(1, 4, 2, 1, OUTPUT_POOL),
            Command::End(End::default()),
        ]
    }

    #[test]
    fn every_tile_of_a_program_has_its_place() {
        let program = program();
        let mut places = Vec::new();
        for (tag, groups) in [(0, 2), (1, 1)] {
            for group in 0..groups {
                for row in 0..3 {
                    for col in 0..3 {
                        let found = TileWindow::find(&program, tag, group, row, col).unwrap();
                        assert_eq!(found.to_memory, tag == 1);
                        places.push(found);
                    }
                }
            }
        }
        places.sort_by_key(|place| place.before);
        let order: Vec<u64> = places.iter().map(|place| place.before).collect();
        assert_eq!(order, (0..27).collect::<Vec<u64>>());
        let stored: Vec<u64> = places
            .iter()
            .filter(|place| place.to_memory)
            .map(|place| place.stored_before)
            .collect();
        assert_eq!(stored, (0..9).collect::<Vec<u64>>());
        let firsts = places.iter().filter(|place| place.first);
        assert_eq!(
            firsts.map(|place| place.before).collect::<Vec<_>>(),
            [0, 12, 15, 21]
        );
        for (tag, group, row, col) in [(2, 0, 0, 0), (0, 2, 0, 0), (1, 0, 3, 0), (0, 0, 0, 3)] {
            assert_eq!(TileWindow::find(&program, tag, group, row, col), None);
        }
    }

    /// The window's cycles for a program in which every tile takes ten: its first channel in cycle 3, its last quad
    /// seven later, its last word five later still.
    fn watch(window: TileWindow) -> Option<(u64, TileCycles)> {
        let mut watch = Watch::new(window);
        let mut opened = None;
        // Before a program runs nothing counts.
        let idle = Strobes {
            tile: true,
            start: true,
            ..Strobes::default()
        };
        assert_eq!(watch.see(idle), Step::Stay);
        for cycle in 0..400_u64 {
            let strobe = |offset: u64| cycle >= offset && (cycle - offset).is_multiple_of(10);
            let step = watch.see(Strobes {
                busy: true,
                start: cycle % 120 == 1,
                tile: strobe(3),
                tile_end: strobe(10),
                written: strobe(15),
            });
            match step {
                Step::Stay => {}
                Step::Open(first) => opened = Some(first),
                Step::Close(cycles) => return opened.map(|first| (first, cycles)),
            }
        }
        None
    }

    #[test]
    fn the_window_is_round_the_tile() {
        let window = |before, to_memory, first| TileWindow {
            before,
            stored_before: before,
            to_memory,
            first,
        };
        let cycles = |first, issued, written| {
            let last = written + TAIL;
            let cycles = TileCycles {
                first,
                issued,
                written,
                last,
            };
            Some((first, cycles))
        };
        assert_eq!(watch(window(0, false, true)), cycles(2, 3, 10));
        assert_eq!(watch(window(0, true, true)), cycles(2, 3, 15));
        assert_eq!(watch(window(5, false, false)), cycles(44, 53, 60));
        assert_eq!(watch(window(5, true, false)), cycles(44, 53, 65));
        assert_eq!(watch(window(12, true, true)), cycles(122, 123, 135));
        assert_eq!(watch(window(99, true, false)), None);
    }
}
