// Writes every kernel of a CUDA program to the file $TRACE: start and end in ns, cubes, units, registers, shared memory in bytes, name.
// The driver loads it where CUDA_INJECTION64_PATH points to it. Needs CUPTI, a part of the CUDA toolkit.
#include <cupti.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUFFER = 8 << 20 };

static FILE *out;

static void CUPTIAPI give_buffer(uint8_t **buffer, size_t *size, size_t *records) {
    *buffer = aligned_alloc(8, BUFFER);
    *size = BUFFER;
    *records = 0;
}

static void CUPTIAPI take_buffer(CUcontext context, uint32_t stream, uint8_t *buffer, size_t size, size_t valid) {
    (void)context, (void)stream, (void)size;
    CUpti_Activity *record = NULL;
    while (cuptiActivityGetNextRecord(buffer, valid, &record) == CUPTI_SUCCESS) {
        if (record->kind != CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) continue;
        const CUpti_ActivityKernel9 *k = (const CUpti_ActivityKernel9 *)record;
        fprintf(out, "%llu %llu %d %d %d %d %s\n", (unsigned long long)k->start, (unsigned long long)k->end, k->gridX * k->gridY * k->gridZ,
                k->blockX * k->blockY * k->blockZ, k->registersPerThread, k->staticSharedMemory + k->dynamicSharedMemory, k->name);
    }
    free(buffer);
}

static void finish(void) {
    cuptiActivityFlushAll(1);
    fclose(out);
}

int InitializeInjection(void) {
    const char *path = getenv("TRACE");
    out = path ? fopen(path, "w") : NULL;
    if (!out || cuptiActivityEnable(CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) || cuptiActivityRegisterCallbacks(give_buffer, take_buffer)) {
        fputs("kernels cannot be traced\n", stderr);
        return 0;
    }
    atexit(finish);
    return 1;
}
