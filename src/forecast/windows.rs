//! The scaled table that windows are cut from, on the device that reads them.

use candle_core::{Device, Tensor};

use crate::data::inputs::Inputs;
use crate::data::split::Cut;
use crate::data::windows as cut;
use crate::error::Result;

/// The inputs as the LSTM sees them, and where they are.
pub struct Windows<'a> {
    /// The scaled table.
    pub inputs: &'a Inputs,
    /// Where windows are gathered to.
    pub device: &'a Device,
    /// (rows, F) on the device; `None` where windows are gathered in host memory.
    there: Option<Tensor>,
}

impl<'a> Windows<'a> {
    /// `asked` is how many rows the windows will have together: a GPU gets the whole table where that
    /// has no more rows, so that each goes there once.
    ///
    /// # Errors
    /// Those of the device, such as too little memory.
    pub fn new(inputs: &'a Inputs, device: &'a Device, asked: usize) -> Result<Windows<'a>> {
        let rows = inputs.x.len() / inputs.width().max(1);
        if device.is_cpu() || asked < rows {
            return Ok(Windows { inputs, device, there: None });
        }
        Windows::uploaded(inputs, device)
    }

    /// With the whole table on the device, whatever that is.
    ///
    /// # Errors
    /// As for [`Windows::new`].
    pub fn uploaded(inputs: &'a Inputs, device: &'a Device) -> Result<Windows<'a>> {
        let width = inputs.width();
        let mut x = inputs.x.clone();
        if let Some(lead) = &inputs.lead {
            lead.hide(&mut x, width);
        }
        let there = Tensor::from_vec(x, (inputs.x.len() / width.max(1), width), device)?;
        Ok(Windows { inputs, device, there: Some(there) })
    }

    /// (N, T, F): the `steps` rows before each cut. The caller makes sure that every cut has them.
    ///
    /// # Errors
    /// Those of the device.
    pub fn gather(&self, cuts: &[Cut], steps: usize) -> Result<Tensor> {
        let Some(there) = &self.there else {
            let (n, width) = (cuts.len(), self.inputs.width());
            let mut x = Vec::new();
            cut::gather_x(self.inputs, cuts, steps, &mut x);
            if let Some(lead) = &self.inputs.lead {
                lead.hide(&mut x, width);
            }
            return Ok(Tensor::from_vec(x, (n, steps, width), self.device)?);
        };
        let starts: Vec<u32> = cuts.iter().map(|cut| (cut.row - steps) as u32).collect();
        gathered(there, &starts, steps)
    }
}

/// (N, T, F): `steps` rows of (rows, F) from each start, gathered on the device.
fn gathered(table: &Tensor, starts: &[u32], steps: usize) -> Result<Tensor> {
    let (n, device) = (starts.len(), table.device());
    let starts = Tensor::from_slice(starts, (n, 1), device)?;
    let rows = starts.broadcast_add(&Tensor::arange(0, steps as u32, device)?)?; // (N, T)
    let x = table.index_select(&rows.flatten_all()?, 0)?; // (N*T, F)
    Ok(x.reshape((n, steps, table.dim(1)?))?)
}
