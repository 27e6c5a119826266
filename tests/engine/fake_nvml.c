/*
 * A small libnvidia-ml.so.1 for tests: the functions the sampler asks, with behaviour by environment.
 *
 *   FAKE_NVML_COUNT      how many GPUs (default 2)
 *   FAKE_NVML_LOST       GPU 1 answers "GPU is lost" after so many memory readings of it
 *   FAKE_NVML_NO_POWER   no power readings (not supported)
 *   FAKE_NVML_NO_DRIVER  the driver is not loaded
 *   FAKE_NVML_HANG       the temperature call never returns after so many calls
 *   FAKE_NVML_HANG_INIT  the first call never returns
 *   FAKE_NVML_PIDS       "pid:bytes,pid:bytes": compute processes on GPU 0
 *   FAKE_NVML_GRAPHICS   the same, for graphics processes
 *   FAKE_NVML_THROTTLE   the bits of the clock event reasons
 *   FAKE_NVML_BAD_NAME   a name that is not UTF-8
 *   FAKE_NVML_MARK       a file that is made when the library is shut down
 *
 * Build: gcc -shared -fPIC -o libnvidia-ml.so.1 fake_nvml.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUCCESS 0
#define INVALID_ARGUMENT 2
#define NOT_SUPPORTED 3
#define INSUFFICIENT_SIZE 7
#define DRIVER_NOT_LOADED 9
#define GPU_IS_LOST 15

#define GIB (1024ULL * 1024 * 1024)

typedef struct { int index; int memory_calls; } device_t;
typedef struct { unsigned long long total, free, used; } memory_t;
typedef struct { unsigned int gpu, memory; } utilization_t;
typedef struct {
    unsigned int pid;
    unsigned long long used;
    unsigned int gpu_instance, compute_instance;
} process_t;

static device_t devices[8];
static int temperature_calls;

static int number(const char *name, int otherwise) {
    const char *text = getenv(name);
    return text && *text ? atoi(text) : otherwise;
}

static void hang(void) {
    for (;;) sleep(3600);
}

static int lost(device_t *device) {
    int after = number("FAKE_NVML_LOST", -1);
    return device->index == 1 && after >= 0 && device->memory_calls > after;
}

int nvmlInitWithFlags(unsigned int flags) {
    (void)flags;
    if (getenv("FAKE_NVML_HANG_INIT")) hang();
    return getenv("FAKE_NVML_NO_DRIVER") ? DRIVER_NOT_LOADED : SUCCESS;
}

int nvmlShutdown(void) {
    const char *mark = getenv("FAKE_NVML_MARK");
    FILE *file = mark ? fopen(mark, "w") : NULL;
    if (file) fclose(file);
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned int *count) {
    *count = (unsigned int)number("FAKE_NVML_COUNT", 2);
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, device_t **device) {
    if (index >= (unsigned int)number("FAKE_NVML_COUNT", 2)) return INVALID_ARGUMENT;
    devices[index].index = (int)index;
    *device = &devices[index];
    return SUCCESS;
}

int nvmlDeviceGetName(device_t *device, char *name, unsigned int length) {
    if (lost(device)) return GPU_IS_LOST;
    const char *text = getenv("FAKE_NVML_BAD_NAME") ? "caf\xe9" : "NVIDIA GeForce RTX 4090";
    strncpy(name, text, length);
    return SUCCESS;
}

int nvmlDeviceGetMemoryInfo(device_t *device, memory_t *memory) {
    device->memory_calls++;
    if (lost(device)) return GPU_IS_LOST;
    memory->total = 24 * GIB;
    memory->used = (13 + (unsigned long long)device->index) * GIB;
    memory->free = memory->total - memory->used;
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(device_t *device, utilization_t *rates) {
    if (lost(device)) return GPU_IS_LOST;
    rates->gpu = 97 - (unsigned int)device->index;
    rates->memory = 50;
    return SUCCESS;
}

int nvmlDeviceGetTemperature(device_t *device, int sensor, unsigned int *degrees) {
    int hang_after = number("FAKE_NVML_HANG", -1);
    (void)sensor;
    if (hang_after >= 0 && temperature_calls++ >= hang_after) hang();
    if (lost(device)) return GPU_IS_LOST;
    *degrees = 71 + (unsigned int)device->index;
    return SUCCESS;
}

int nvmlDeviceGetPowerUsage(device_t *device, unsigned int *milliwatts) {
    if (lost(device)) return GPU_IS_LOST;
    if (getenv("FAKE_NVML_NO_POWER")) return NOT_SUPPORTED;
    *milliwatts = 402500;
    return SUCCESS;
}

int nvmlDeviceGetEnforcedPowerLimit(device_t *device, unsigned int *milliwatts) {
    if (lost(device)) return GPU_IS_LOST;
    if (getenv("FAKE_NVML_NO_POWER")) return NOT_SUPPORTED;
    *milliwatts = 450000;
    return SUCCESS;
}

/* Only the old name exists, as in drivers before 535: the sampler must find it. */
int nvmlDeviceGetCurrentClocksThrottleReasons(device_t *device, unsigned long long *reasons) {
    if (lost(device)) return GPU_IS_LOST;
    *reasons = (unsigned long long)number("FAKE_NVML_THROTTLE", 0);
    return SUCCESS;
}

static int list(device_t *device, const char *name, unsigned int *count, process_t *out) {
    const char *text = device->index == 0 ? getenv(name) : NULL;
    unsigned int found = 0, room = *count;
    if (lost(device)) return GPU_IS_LOST;
    while (text && *text) {
        unsigned int pid;
        unsigned long long used;
        if (sscanf(text, "%u:%llu", &pid, &used) != 2) break;
        if (out && found < room) {
            memset(&out[found], 0, sizeof *out);
            out[found].pid = pid;
            out[found].used = used;
        }
        found++;
        text = strchr(text, ',');
        if (text) text++;
    }
    *count = found;
    return found > room || (found && !out) ? INSUFFICIENT_SIZE : SUCCESS;
}

int nvmlDeviceGetComputeRunningProcesses_v3(device_t *device, unsigned int *count, process_t *out) {
    return list(device, "FAKE_NVML_PIDS", count, out);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(device_t *device, unsigned int *count, process_t *out) {
    return list(device, "FAKE_NVML_GRAPHICS", count, out);
}

const char *nvmlErrorString(int error) {
    (void)error;
    return "an error of the fake driver";
}
