// A stand-in for NVIDIA's driver library on machines without a GPU: one device with the properties of an H100, whose memory is that of the host
// and whose kernels do nothing. Each loaded module is written to $CUDA_STAND_IN/NUMBER.ptx, each launch is a line in $CUDA_STAND_IN/launches:
// module, cubes, units. The signatures are those of the CUDA driver API, with types reduced to their sizes; functions that are missing are not called.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int result;
typedef int device;
typedef void *handle;
typedef unsigned long long address;

static const size_t MEMORY = 8ull << 30;
static int modules = 0;

static FILE *open_file(const char *name, const char *mode) {
    const char *folder = getenv("CUDA_STAND_IN");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder ? folder : ".", name);
    FILE *file = fopen(path, mode);
    if (!file) {
        fprintf(stderr, "cannot write %s: CUDA_STAND_IN must name a folder\n", path);
        exit(1);
    }
    return file;
}

// Devices and contexts
result cuInit(unsigned flags) { return 0; }
result cuDriverGetVersion(int *version) { *version = 12090; return 0; }
result cuDeviceGetCount(int *count) { *count = 1; return 0; }
result cuDeviceGet(device *of, int number) { *of = 0; return number ? 101 : 0; }
result cuDeviceGetName(char *name, int size, device of) { snprintf(name, size, "stand-in for an H100, which computes nothing"); return 0; }
result cuDeviceTotalMem_v2(size_t *bytes, device of) { *bytes = MEMORY; return 0; }
result cuDeviceGetUuid_v2(char *id, device of) { memset(id, 0, 16); return 0; }
result cuDeviceGetLuid(char *id, unsigned *mask, device of) { memset(id, 0, 8); *mask = 1; return 0; }
result cuDeviceGetPCIBusId(char *id, int size, device of) { snprintf(id, size, "0000:01:00.0"); return 0; }
result cuDeviceGetAttribute(int *value, int attribute, device of) {
    switch (attribute) {
    case 1: case 2: case 3: *value = 1024; break;      // threads of a block, in all and along x and y
    case 4: *value = 64; break;                        // along z
    case 5: *value = 2147483647; break;                // blocks along x
    case 6: case 7: *value = 65535; break;             // along y and z
    case 8: *value = 49152; break;                     // bytes of shared memory of a block
    case 10: *value = 32; break;                       // threads of a warp
    case 12: *value = 65536; break;                    // registers of a block
    case 13: *value = 1755000; break;                  // kHz
    case 16: *value = 132; break;                      // multiprocessors
    case 38: *value = 50 << 20; break;                 // bytes of the second-level cache
    case 39: *value = 2048; break;                     // threads of a multiprocessor
    case 75: *value = 9; break;                        // compute capability 9.0
    case 76: *value = 0; break;
    case 81: *value = 233472; break;                   // bytes of shared memory of a multiprocessor
    case 97: *value = 232448; break;                   // of a block that requests it
    default: *value = 1;
    }
    return 0;
}
result cuDevicePrimaryCtxRetain(handle *context, device of) { *context = (handle)1; return 0; }
result cuDevicePrimaryCtxRelease_v2(device of) { return 0; }
result cuCtxSetCurrent(handle context) { return 0; }
result cuCtxGetCurrent(handle *context) { *context = (handle)1; return 0; }
result cuCtxSynchronize(void) { return 0; }
result cuCtxGetStreamPriorityRange(int *least, int *greatest) { *least = 0; *greatest = -5; return 0; }

// Streams and events: everything is done when a call returns
result cuStreamCreate(handle *stream, unsigned flags) { *stream = malloc(8); return 0; }
result cuStreamCreateWithPriority(handle *stream, unsigned flags, int priority) { *stream = malloc(8); return 0; }
result cuStreamDestroy_v2(handle stream) { free(stream); return 0; }
result cuStreamSynchronize(handle stream) { return 0; }
result cuStreamQuery(handle stream) { return 0; }
result cuStreamWaitEvent(handle stream, handle event, unsigned flags) { return 0; }
result cuEventCreate(handle *event, unsigned flags) { *event = malloc(8); return 0; }
result cuEventDestroy_v2(handle event) { free(event); return 0; }
result cuEventRecord(handle event, handle stream) { return 0; }
result cuEventQuery(handle event) { return 0; }
result cuEventSynchronize(handle event) { return 0; }
result cuEventElapsedTime_v2(float *milliseconds, handle begin, handle end) { *milliseconds = 0.01f; return 0; }

// Memory
static handle zeros(size_t bytes) {
    handle at = NULL;
    if (posix_memalign(&at, 512, bytes ? bytes : 512)) return NULL;
    return memset(at, 0, bytes);
}
result cuMemAlloc_v2(address *at, size_t bytes) { *at = (address)zeros(bytes); return *at ? 0 : 2; }
result cuMemAllocAsync(address *at, size_t bytes, handle stream) { return cuMemAlloc_v2(at, bytes); }
result cuMemFree_v2(address at) { free((handle)at); return 0; }
result cuMemFreeAsync(address at, handle stream) { return cuMemFree_v2(at); }
result cuMemAllocHost_v2(handle *at, size_t bytes) { *at = zeros(bytes); return *at ? 0 : 2; }
result cuMemFreeHost(handle at) { free(at); return 0; }
result cuMemGetInfo_v2(size_t *available, size_t *total) { *available = *total = MEMORY; return 0; }
result cuMemcpyHtoDAsync_v2(address to, const void *from, size_t bytes, handle stream) { memcpy((handle)to, from, bytes); return 0; }
result cuMemcpyDtoHAsync_v2(handle to, address from, size_t bytes, handle stream) { memcpy(to, (handle)from, bytes); return 0; }
result cuMemcpyDtoDAsync_v2(address to, address from, size_t bytes, handle stream) { memmove((handle)to, (handle)from, bytes); return 0; }
result cuMemcpy2DAsync_v2(handle copy, handle stream) { return 0; }
result cuMemsetD8Async(address at, unsigned char value, size_t bytes, handle stream) { memset((handle)at, value, bytes); return 0; }

// Kernels: a module is represented by its number
result cuModuleLoadDataEx(handle *module, const void *image, unsigned options, handle names, handle values) {
    char name[32];
    int number = __sync_add_and_fetch(&modules, 1);
    snprintf(name, sizeof name, "%05d.ptx", number);
    FILE *file = open_file(name, "w");
    fputs(image, file);
    fclose(file);
    *module = (handle)(intptr_t)number;
    return 0;
}
result cuModuleLoadData(handle *module, const void *image) { return cuModuleLoadDataEx(module, image, 0, NULL, NULL); }
result cuModuleUnload(handle module) { return 0; }
result cuModuleGetFunction(handle *function, handle module, const char *name) { *function = module; return 0; }
result cuFuncSetAttribute(handle function, int attribute, int value) { return 0; }
result cuFuncGetAttribute(int *value, int attribute, handle function) { *value = 64; return 0; }
result cuLaunchKernel(handle function, unsigned x, unsigned y, unsigned z, unsigned units_x, unsigned units_y, unsigned units_z,
                      unsigned shared, handle stream, handle *arguments, handle *extra) {
    if (getenv("CUDA_STAND_IN_QUIET")) return 0;
    FILE *file = open_file("launches", "a");
    fprintf(file, "%d %u %u %u %u %u %u\n", (int)(intptr_t)function, x, y, z, units_x, units_y, units_z);
    fclose(file);
    return 0;
}
result cuLaunchKernelEx(const unsigned *c, handle function, handle *arguments, handle *extra) {
    return cuLaunchKernel(function, c[0], c[1], c[2], c[3], c[4], c[5], c[6], NULL, arguments, extra);
}

result cuGetErrorString(int error, const char **text) { *text = "an error of the stand-in"; return 0; }
result cuGetErrorName(int error, const char **text) { *text = "stand-in"; return 0; }
