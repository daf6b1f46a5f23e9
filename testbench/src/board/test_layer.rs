//! Random layers and their plain convolution.

use rowfuse_spec::numerics::{requantise, Requant};

#[derive(Clone, Debug)]
pub struct Layer {
    pub cin: u32,
    pub cout: u32,
    pub pool: bool,
    pub weights: Vec<i8>,
    pub requant: Vec<Requant>,
}

/// A generator of noise.
pub fn noise(seed: u32) -> impl FnMut() -> u32 {
    let mut state = seed ^ 0x9E37_79B9;
    move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.wrapping_mul(0x2545_F491) >> 8
    }
}

impl Layer {
    pub fn random(cin: u32, cout: u32, pool: bool, seed: u32) -> Layer {
        let mut next = noise(seed);
        let weights = (0..cout * cin * 9).map(|_| next() as i8).collect();
        let requant = (0..cout).map(|_| Requant {
            bias: (next() % 20_001) as i32 - 8_000,
            multiplier: 1000 + (next() % 4000) as u16,
            shift: 23 + next() % 2,
        });
        let requant = requant.collect();
        Layer {
            cin,
            cout,
            pool,
            weights,
            requant,
        }
    }

    /// The plain convolution of a map, channel-row-column, with a border of `pad`.
    pub fn naive(&self, map: &[u8], h: i32, w: i32, pad: u8) -> Vec<u8> {
        let at = |c: u32, y: i32, x: i32| {
            let inside = (0..h).contains(&y) && (0..w).contains(&x);
            if inside {
                map[(c as i32 * h * w + y * w + x) as usize]
            } else {
                pad
            }
        };
        let mut out = Vec::new();
        for o in 0..self.cout {
            let q = self.requant[o as usize];
            let mut plane = vec![0; (h * w) as usize];
            for (place, value) in plane.iter_mut().enumerate() {
                let (y, x) = (place as i32 / w, place as i32 % w);
                let mut acc = 0;
                for c in 0..self.cin {
                    for tap in 0..9 {
                        let g = self.weights[((o * self.cin + c) * 9 + tap as u32) as usize];
                        acc += i32::from(at(c, y + tap / 3 - 1, x + tap % 3 - 1)) * i32::from(g);
                    }
                }
                *value = requantise(acc, q.bias, q.multiplier, q.shift);
            }
            if self.pool {
                for y in 0..h / 2 {
                    for x in 0..w / 2 {
                        let p = |dy, dx| plane[((2 * y + dy) * w + 2 * x + dx) as usize];
                        out.push(p(0, 0).max(p(0, 1)).max(p(1, 0)).max(p(1, 1)));
                    }
                }
            } else {
                out.extend(plane);
            }
        }
        out
    }
}
