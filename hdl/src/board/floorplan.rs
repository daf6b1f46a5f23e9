//! Where the multiplier array stands on a device.
//!
//! The array is a chain: V goes from hop to hop, and a tile's sums leave through the columns of one hop after the other. A row of the
//! array is laid along a row of multiplier blocks in just that order, so that every step of either chain leads to a neighbour. Left to
//! itself, a placer finds nothing as short: with it, the design's wires are a third shorter (`docs/performance.md`).

use std::array;

use rowfuse_spec::config::Device;

/// Rows and columns of the multiplier blocks of a device, as nextpnr counts tiles.
struct Blocks {
    device: &'static str,
    /// Tile rows that hold multipliers, from the top.
    rows: &'static [u32],
    /// First tile column of each group of four multipliers.
    groups: &'static [u32],
}

/// A group's multipliers: tile columns from its first, and their names there.
const GROUP: [(u32, &str); 4] = [
    (0, "MULT18_0"),
    (1, "MULT18_1"),
    (4, "MULT18_4"),
    (5, "MULT18_5"),
];

const KNOWN: [Blocks; 2] = [
    Blocks {
        device: "LFE5U-85F",
        rows: &[10, 34, 58],
        groups: &[4, 13, 22, 31, 40, 49, 58, 69, 78, 87, 96, 105, 114],
    },
    Blocks {
        device: "LFE5U-45F",
        rows: &[22, 46],
        groups: &[4, 13, 22, 31, 42, 51, 60, 69, 78],
    },
];

/// A site for every multiplier of the array, or none.
#[derive(Clone, Debug, Default)]
pub struct Floorplan {
    /// Sites by hop, then row and column of the array; empty on a device without a floorplan.
    sites: Vec<[[String; 6]; 6]>,
}

impl Floorplan {
    /// The floorplan of an array of so many hops on a device; none if the device is not known or too small.
    pub fn new(device: &Device, hops: u32) -> Self {
        let blocks = KNOWN.iter().find(|known| known.device == device.name);
        let sites = blocks.and_then(|blocks| sites(blocks, hops as usize));
        Self {
            sites: sites.unwrap_or_default(),
        }
    }

    /// The site of the multiplier of a hop at a row and a column of the array, such as `X4/Y10/MULT18_0`.
    pub fn site(&self, hop: usize, row: usize, column: usize) -> Option<&str> {
        let hop = self.sites.get(hop)?;
        Some(hop[row][column].as_str())
    }
}

/// Array rows are dealt out evenly over the device's rows. Those in the left half of one run leftwards, the others rightwards: all
/// begin as near the middle as they can, where V comes from. The middle of a row that is not full stays free.
fn sites(blocks: &Blocks, hops: usize) -> Option<Vec<[[String; 6]; 6]>> {
    let columns: Vec<(u32, &str)> = blocks
        .groups
        .iter()
        .flat_map(|x| GROUP.map(|(offset, name)| (x + offset, name)))
        .collect();
    let length = 6 * hops;
    let per_row = 6usize.div_ceil(blocks.rows.len());
    if per_row * length > columns.len() {
        return None;
    }
    let site = |hop: usize, row: usize, column: usize| {
        let (y, segment) = (blocks.rows[row / per_row], row % per_row);
        // Sums enter a hop at column 5 and leave it at column 0.
        let step = 6 * hop + 5 - column;
        let index = if segment < per_row / 2 {
            segment * length + length - 1 - step
        } else {
            columns.len() - (per_row - segment) * length + step
        };
        let (x, name) = columns[index];
        format!("X{x}/Y{y}/{name}")
    };
    let hop = |hop| array::from_fn(|row| array::from_fn(|column| site(hop, row, column)));
    Some((0..hops).map(hop).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_multiplier_has_a_site_of_its_own() {
        for (device, hops) in [
            (Device::lfe5u_85f(), 1),
            (Device::lfe5u_85f(), 2),
            (Device::lfe5u_85f(), 4),
            (Device::lfe5u_45f(), 1),
            (Device::lfe5u_45f(), 2),
        ] {
            let plan = Floorplan::new(&device, hops);
            let mut seen = HashSet::new();
            for hop in 0..hops as usize {
                for at in 0..36 {
                    let site = plan.site(hop, at / 6, at % 6).unwrap();
                    assert!(seen.insert(site.to_owned()), "{site} twice");
                }
            }
            assert!(seen.len() <= device.dsp as usize);
        }
    }

    #[test]
    fn devices_that_are_not_known_or_too_small_have_none() {
        assert_eq!(Floorplan::new(&Device::simulation(), 4).site(0, 0, 0), None);
        assert_eq!(Floorplan::new(&Device::lfe5u_45f(), 4).site(0, 0, 0), None);
    }

    #[test]
    fn the_chain_leads_from_neighbour_to_neighbour() {
        let plan = Floorplan::new(&Device::lfe5u_85f(), 4);
        let x = |hop, row, column| -> i32 {
            let site = plan.site(hop, row, column).unwrap();
            let end = site.find('/').unwrap();
            site[1..end].parse().unwrap()
        };
        for row in 0..6 {
            let chain: Vec<i32> = (0..24).map(|step| x(step / 6, row, 5 - step % 6)).collect();
            let widest = chain.windows(2).map(|pair| (pair[0] - pair[1]).abs()).max();
            assert!(widest.unwrap() <= 6, "row {row}: {chain:?}");
        }
    }
}
