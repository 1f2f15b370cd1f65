//! The device as the kernels see it: its stream, its limits, float buffers, and kernels compiled at
//! run time, once a process.

#![allow(unsafe_code)]

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::WrapErr;
use candle_core::cuda_backend::cudarc::driver::result::{
    device, mem_pool, memcpy_dtod_async, memset_d8_async,
};
use candle_core::cuda_backend::cudarc::driver::sys::{
    CUdevice_attribute, CUfunction_attribute, CUmemPool_attribute,
};
use candle_core::cuda_backend::cudarc::driver::{
    CudaContext, CudaFunction, CudaModule, CudaSlice, CudaStream, DevicePtr, DeviceRepr, LaunchConfig,
    PushKernelArg,
};
use candle_core::cuda_backend::cudarc::nvrtc::{CompileError, CompileOptions, Ptx, compile_ptx_with_opts};
use candle_core::op::BackpropOp;
use candle_core::{CudaDevice, CudaStorage, Error, Result, Shape, Storage, Tensor, bail};

use super::tiling::{Limits, Spread, Tiling};

/// One device and the stream on which everything of a call runs in order.
pub(super) struct Gpu {
    pub(super) device: CudaDevice,
    pub(super) stream: Arc<CudaStream>,
    pub(super) limits: Limits,
    arch: (i32, i32),
}

impl Gpu {
    /// The device that `t` lies on.
    pub(super) fn of(t: &Tensor) -> Result<Gpu> {
        let device = t.device().as_cuda_device()?.clone();
        let stream = device.cuda_stream();
        let context = stream.context();
        let limit = |what| -> Result<usize> { Ok(context.attribute(what).w()?.max(0) as usize) };
        keep_freed_memory(context)?;
        let arch = context.compute_capability().w()?;
        let limits = Limits {
            processors: limit(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT)?.max(1),
            shared: limit(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN)?,
            registers: limit(CUdevice_attribute::CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK)?,
            clusters: arch >= (9, 0),
        };
        Ok(Gpu { device, stream, limits, arch })
    }

    /// A kernel of plain.cu.
    pub(super) fn plain(&self, name: &str) -> Result<CudaFunction> {
        self.function("plain.cu", include_str!("plain.cu"), &[], name)
    }

    /// A kernel of recurrent.cu or cluster.cu that may use `shared` bytes of shared memory.
    pub(super) fn recurrent(&self, tiling: &Tiling, name: &str, shared: usize) -> Result<CudaFunction> {
        let (file, source) = source(tiling.spread);
        let function = self.function(file, source, &tiling.constants(), name)?;
        let dynamic = CUfunction_attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
        function.set_attribute(dynamic, shared as i32).w()?;
        Ok(function)
    }

    fn function(
        &self,
        file: &'static str,
        source: &str,
        constants: &[(&'static str, usize)],
        name: &str,
    ) -> Result<CudaFunction> {
        // The module lives in the device's primary context, which all handles of an ordinal share.
        type Key = (usize, &'static str, Vec<usize>);
        static MODULES: Mutex<Option<HashMap<Key, Arc<CudaModule>>>> = Mutex::new(None);
        let key = (self.stream.context().ordinal(), file, constants.iter().map(|c| c.1).collect());
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        let modules = modules.get_or_insert_default();
        let module = match modules.get(&key) {
            Some(module) => module.clone(),
            None => {
                let ptx = translate(self.arch, file, source, constants)?;
                let module = self.stream.context().load_module(ptx).w()?;
                modules.insert(key, module.clone());
                module
            }
        };
        module.load_function(name).w()
    }

    /// Sets `len` floats from `from`, or to zero where there is none.
    pub(super) fn copy_or_zero(&self, from: At, to: At, len: usize) -> Result<()> {
        let bytes = 4 * len;
        self.stream.context().bind_to_thread().w()?;
        // SAFETY: callers name live arrays of at least `len` floats each on this device; the work is
        // ordered on the stream of the call.
        unsafe {
            match from {
                At::NONE => memset_d8_async(to.0, 0, bytes, self.stream.cu_stream()),
                At(from) => memcpy_dtod_async(to.0, from, bytes, self.stream.cu_stream()),
            }
        }
        .w()
    }

    /// Enqueues a kernel whose one argument is `arguments`.
    ///
    /// # Safety
    /// `arguments` is what the kernel declares, and every pointer in it names as many floats on this
    /// device as the kernel touches there with this grid. The memory may be freed as soon as the call
    /// returns: it is freed on the same stream, hence after the kernel.
    pub(super) unsafe fn launch<A: DeviceRepr>(
        &self,
        function: &CudaFunction,
        arguments: &A,
        config: LaunchConfig,
    ) -> Result<()> {
        let mut builder = self.stream.launch_builder(function);
        builder.arg(arguments);
        // SAFETY: the caller's promise.
        unsafe { builder.launch(config) }.w()?;
        Ok(())
    }
}

/// The file of a recurrent kernel's name and its whole text.
pub(super) fn source(spread: Spread) -> (&'static str, &'static str) {
    match spread {
        Spread::Block => ("recurrent.cu", concat!(include_str!("common.cu"), include_str!("recurrent.cu"))),
        Spread::Cluster => (
            "cluster.cu",
            concat!(include_str!("common.cu"), include_str!("dsm.cu"), include_str!("cluster.cu")),
        ),
    }
}

/// Compiles a file with NVRTC, which needs no device.
pub(super) fn translate(
    (major, minor): (i32, i32),
    file: &str,
    source: &str,
    constants: &[(&'static str, usize)],
) -> Result<Ptx> {
    let mut options = vec![format!("--gpu-architecture=compute_{major}{minor}"), "--std=c++17".to_string()];
    options.extend(constants.iter().map(|(name, value)| format!("-D{name}={value}")));
    let asked = CompileOptions {
        fmad: Some(true),
        options: options.clone(),
        name: Some(file.to_string()),
        ..CompileOptions::default()
    };
    compile_ptx_with_opts(source, asked).map_err(|e| {
        let why = match &e {
            CompileError::CompileError { log, .. } => log.to_string_lossy().into_owned(),
            _ => e.to_string(),
        };
        Error::Msg(format!("lstm: NVRTC does not compile {file} ({}): {why}", options.join(" ")))
    })
}

/// Lets the driver's pool keep what is freed. By default it goes back to the system whenever somebody
/// waits for the device, and a training step, which waits for its loss, would map it again.
fn keep_freed_memory(context: &CudaContext) -> Result<()> {
    static DONE: Mutex<BTreeSet<usize>> = Mutex::new(BTreeSet::new());
    let mut done = DONE.lock().unwrap_or_else(PoisonError::into_inner);
    if done.insert(context.ordinal()) && context.has_async_alloc() {
        let mut all = u64::MAX;
        let threshold = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        // SAFETY: the device is a live context's, the pool is its own, and this attribute is a u64.
        unsafe {
            let pool = device::get_default_mem_pool(context.cu_device()).w()?;
            mem_pool::set_attribute(pool, threshold, std::ptr::from_mut(&mut all).cast()).w()?;
        }
    }
    Ok(())
}

/// A grid for kernels that stride over `n` elements.
pub(super) fn elements(n: usize) -> LaunchConfig {
    const MOST_BLOCKS: usize = 1 << 16;
    let blocks = n.div_ceil(256).clamp(1, MOST_BLOCKS);
    LaunchConfig { grid_dim: (blocks as u32, 1, 1), block_dim: (256, 1, 1), shared_mem_bytes: 0 }
}

/// The address of a float on the device; 0 stands for an absent array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(super) struct At(u64);

impl At {
    pub(super) const NONE: At = At(0);

    /// The address `floats` further on.
    pub(super) fn plus(self, floats: usize) -> At {
        At(self.0 + 4 * floats as u64)
    }

    pub(super) fn address(self) -> u64 {
        self.0
    }

    /// Where the values of a contiguous f32 tensor on the GPU begin. They stay there as long as the
    /// tensor or another on the same storage lives.
    pub(super) fn tensor(t: &Tensor, gpu: &Gpu) -> Result<At> {
        let (storage, layout) = t.storage_and_layout();
        match (&*storage, layout.contiguous_offsets()) {
            (Storage::Cuda(cuda), Some((start, _))) => {
                let (base, _ordered) = cuda.as_cuda_slice::<f32>()?.device_ptr(&gpu.stream);
                Ok(At(base).plus(start))
            }
            _ => bail!("lstm: the CUDA engine takes contiguous f32 on the GPU, got {:?}", t.shape()),
        }
    }

    /// As [`At::tensor`], or [`At::NONE`].
    pub(super) fn optional(t: Option<&Tensor>, gpu: &Gpu) -> Result<At> {
        t.map_or(Ok(At::NONE), |t| At::tensor(t, gpu))
    }
}

/// Floats on the device.
pub(super) struct Buffer {
    floats: CudaSlice<f32>,
    pub(super) at: At,
}

impl Buffer {
    /// `len` floats of any value; every one is set by a kernel before it is read.
    pub(super) fn new(gpu: &Gpu, len: usize) -> Result<Buffer> {
        // SAFETY: f32 has no invalid bits, and callers fill the buffer before anything reads it.
        Buffer::from(unsafe { gpu.device.alloc::<f32>(len) }?, gpu)
    }

    pub(super) fn zeros(gpu: &Gpu, len: usize) -> Result<Buffer> {
        Buffer::from(gpu.device.alloc_zeros::<f32>(len)?, gpu)
    }

    fn from(floats: CudaSlice<f32>, gpu: &Gpu) -> Result<Buffer> {
        let at = At(floats.device_ptr(&gpu.stream).0);
        Ok(Buffer { floats, at })
    }

    pub(super) fn into_storage(self, gpu: &Gpu) -> CudaStorage {
        CudaStorage::wrap_cuda_slice(self.floats, gpu.device.clone())
    }

    pub(super) fn into_tensor(self, gpu: &Gpu, shape: impl Into<Shape>) -> Tensor {
        Tensor::from_storage(Storage::Cuda(self.into_storage(gpu)), shape, BackpropOp::none(), false)
    }

    /// A copy of the last `len` floats.
    pub(super) fn tail(&self, gpu: &Gpu, len: usize) -> Result<Buffer> {
        let mut copy = Buffer::new(gpu, len)?;
        let from = self.floats.slice(self.floats.len() - len..);
        gpu.device.memcpy_dtod(&from, &mut copy.floats)?;
        Ok(copy)
    }
}
