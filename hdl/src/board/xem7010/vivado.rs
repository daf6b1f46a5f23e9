//! The build script for Vivado.
use super::Xem7010;

/// Files of the vendor's "FrontPanel HDL" for the module that the design needs, in the directory that the user gives.
pub const HDL_FILES: [&str; 6] = [
    "okLibrary.v",
    "okCoreHarness.v",
    "okWireIn.v",
    "okWireOut.v",
    "okBTPipeIn.v",
    "okBTPipeOut.v",
];

impl Xem7010 {
    /// The script, in Tcl: `vivado -mode batch -source build.tcl -tclargs FRONTPANEL_HDL` makes the bitstream `top.bit` and the reports beside it, of the
    /// `top.v`, `top.xdc` and `mig.prj` that lie there. It stops with an error if a file is missing or the timing is not met.
    pub fn build_script(&self) -> String {
        TEMPLATE
            .replace("@NAME@", self.name)
            .replace("@PART@", self.part)
            .replace("@FILES@", &HDL_FILES.join(" "))
    }
}

const TEMPLATE: &str = include_str!("build.tcl");
