//! What can be wrong with an image.

use crate::fault::Fault;
use crate::network::Shape;

/// An image that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The operating system refused.
    #[error("{path}: cannot read: {source}")]
    Io {
        /// The file.
        path: String,
        /// Its reason.
        source: std::io::Error,
    },
    /// Longer than any sensible photograph.
    #[error("{path} has {found} bytes, the limit is {limit}")]
    FileTooLarge {
        /// The file.
        path: String,
        /// Its length.
        found: u64,
        /// Bytes accepted.
        limit: u64,
    },
    /// Neither JPEG nor PNG.
    #[error("{path} is not a JPEG or PNG image; it begins with {found}")]
    NotAnImage {
        /// The file.
        path: String,
        /// Its first bytes in hexadecimal.
        found: String,
    },
    /// The right kind, but damaged or of an unsupported variety.
    #[error("{path}: cannot decode: {reason}")]
    Decode {
        /// The file.
        path: String,
        /// The decoder's reason.
        reason: String,
    },
    /// More pixels than are accepted.
    #[error("{path} has {width}×{height} pixels, the limit is {limit} pixels")]
    TooManyPixels {
        /// The file.
        path: String,
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Pixels accepted.
        limit: u64,
    },
    /// A network whose input is no image.
    #[error(
        "the network's input is {found}, an image gives 1 or 3 channels and sides of 1 to 4096 pixels"
    )]
    Input {
        /// The network's input.
        found: Shape,
    },
}

impl Fault for ImageError {
    fn code(&self) -> &'static str {
        match self {
            ImageError::Io { .. } => "image.io",
            ImageError::FileTooLarge { .. } => "image.file_too_large",
            ImageError::NotAnImage { .. } => "image.not_an_image",
            ImageError::Decode { .. } => "image.decode",
            ImageError::TooManyPixels { .. } => "image.too_many_pixels",
            ImageError::Input { .. } => "image.input_shape",
        }
    }

    fn help(&self) -> String {
        match self {
            ImageError::Io { .. } => "check the path and its permissions",
            ImageError::FileTooLarge { .. } | ImageError::TooManyPixels { .. } => {
                "scale the image down first; the network sees 224×224 pixels of it"
            }
            ImageError::NotAnImage { .. } => "convert the file to JPEG or PNG",
            ImageError::Decode { .. } => {
                "the file is damaged or unusual: open it in an editor and save it again"
            }
            ImageError::Input { .. } => "use a network that takes colours or grey",
        }
        .into()
    }
}
