//! What was counted, as a table in Markdown.

use super::{OnBoard, Score};
use crate::plan::Blocks;
use serde::Serialize;

/// A network's scores, with its maps whole or in blocks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What the file of its weights is called.
    pub network: String,
    /// Into which blocks maps were cut; `None` if they stayed whole.
    pub blocks: Option<Blocks>,
    /// By the float network; `None` if the network came quantised.
    pub float: Option<Score>,
    /// By the golden integer model.
    pub int8: Score,
    /// By boards, each with its name, in the order of the table's columns.
    pub boards: Vec<(String, OnBoard)>,
}

impl Row {
    /// How maps were cut: `blocks of 8`, say, or `whole`.
    pub fn maps(&self) -> String {
        self.blocks
            .map_or("whole".into(), |blocks| format!("blocks of {blocks}"))
    }

    /// Values of boards' maps that were compared with the golden model's, and how many of them differ.
    pub fn compared(&self) -> (u64, u64) {
        let boards = self.boards.iter();
        boards.fold((0, 0), |(values, differ), (_, board)| {
            (values + board.values, differ + board.mismatches)
        })
    }
}

/// As `356 of 360 (98.9 %)`.
impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = 100.0 * self.correct as f64 / self.images.max(1) as f64;
        write!(f, "{} of {} ({percent:.1} %)", self.correct, self.images)
    }
}

/// Heads of the columns: network, maps, scores, what was compared and what differs. All rows have the same boards.
pub fn header(rows: &[Row]) -> Vec<String> {
    let boards = rows.first().map_or(&[][..], |row| &row.boards);
    let mut header = ["network", "maps", "float", "int8, golden model"]
        .map(String::from)
        .to_vec();
    header.extend(boards.iter().map(|(board, _)| format!("int8, {board}")));
    if !boards.is_empty() {
        header.extend(["values compared", "differ"].map(String::from));
    }
    header
}

/// The cells of a row.
pub fn cells(row: &Row) -> Vec<String> {
    let mut cells = vec![
        row.network.clone(),
        row.maps(),
        row.float.map_or("-".into(), |score| score.to_string()),
        row.int8.to_string(),
    ];
    cells.extend(row.boards.iter().map(|(_, board)| board.int8.to_string()));
    if !row.boards.is_empty() {
        let (values, differ) = row.compared();
        cells.extend([values.to_string(), differ.to_string()]);
    }
    cells
}

/// The whole table in Markdown, a line each row.
pub fn markdown(rows: &[Row]) -> String {
    let line = |cells: &[String]| {
        // A file may be called anything.
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let header = header(rows);
    let mut text = line(&header);
    text += &format!("|{}\n", "---|".repeat(header.len()));
    text.extend(rows.iter().map(|row| line(&cells(row))));
    text
}
