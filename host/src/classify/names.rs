//! Names of classes, from a text file that the user gives: one name a line, in the order of the classes.

use std::path::Path;

/// Names by class index; classes without a name are called by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassNames(Vec<String>);

/// Longest file accepted; ImageNet's names take 30 kB.
const MAX_BYTES: u64 = 1 << 20;

impl ClassNames {
    /// Reads a file of one name a line. Refuses files of more than a megabyte.
    pub fn load(path: &Path) -> std::io::Result<ClassNames> {
        if std::fs::metadata(path)?.len() > MAX_BYTES {
            let text = "a list of class names has at most a megabyte";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, text));
        }
        Ok(ClassNames::parse(&std::fs::read_to_string(path)?))
    }

    /// The lines of `text`.
    pub fn parse(text: &str) -> ClassNames {
        ClassNames(text.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// The name of class `index`, or `class <index>`.
    pub fn get(&self, index: usize) -> String {
        match self.0.get(index) {
            Some(name) if !name.is_empty() => name.clone(),
            _ => format!("class {index}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names() {
        let names = ClassNames::parse("tench\ngoldfish \n\n");
        assert_eq!(
            [names.get(0), names.get(1), names.get(2), names.get(9)],
            ["tench", "goldfish", "class 2", "class 9"]
        );
        assert!(ClassNames::load(Path::new("/nonexistent/names")).is_err());
    }
}
