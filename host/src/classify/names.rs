//! Names of classes: ImageNet's, or those of a text file: one name a line, in the order of the classes.

use std::path::Path;

/// Names by class index; classes without a name are called by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassNames(Vec<String>);

/// Longest file accepted; ImageNet's names take 22 kB.
const MAX_BYTES: u64 = 1 << 20;
/// ImageNet's 1000 names; see `CREDITS.md` beside them.
const IMAGENET: &str = include_str!("../../data/imagenet-classes.txt");
/// Classes of ImageNet.
const IMAGENET_CLASSES: usize = 1000;

impl ClassNames {
    /// ImageNet's names for a network of 1000 classes; for any other number nobody knows what they are.
    pub fn for_classes(classes: usize) -> Option<ClassNames> {
        (classes == IMAGENET_CLASSES).then(|| ClassNames::parse(IMAGENET))
    }

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
    fn imagenets_classes_have_a_name_each() {
        let names = ClassNames::for_classes(1000).unwrap();
        assert_eq!(names.0.len(), 1000);
        let different: std::collections::HashSet<&String> = names.0.iter().collect();
        assert_eq!(different.len(), 1000);
        assert!(names
            .0
            .iter()
            .all(|name| !name.is_empty() && name.trim() == name));
        let ends = [0, 1, 999].map(|class| names.get(class));
        assert_eq!(ends[0], "tench, Tinca tinca");
        assert_eq!(ends[1], "goldfish, Carassius auratus");
        assert_eq!(ends[2], "toilet tissue, toilet paper, bathroom tissue");
        assert_eq!(ClassNames::for_classes(10), None);
    }

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
