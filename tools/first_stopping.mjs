/**
 * Of functions of Python's binary, those that stop soon when they are called as call_each.mjs does.
 *
 *   node tools/first_stopping.mjs STOCK_BINARY < FUNCTIONS.json > STOPPING.json
 */
import { readFileSync } from "node:fs";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { fileURLToPath } from "node:url";
import { callEach } from "./call_each.mjs";
import { withFirstFunctions } from "./first_functions.mjs";
import { steady } from "./steady.mjs";

/** Compiling the largest takes ten. */
const SOON_MS = 30;
const HANGS_MS = 1000;

if (isMainThread) {
    const binary = steady(readFileSync(process.argv[2]));
    let [functions, late] = [JSON.parse(readFileSync(0, "utf8")), null];
    while (late?.size !== 0) {
        late = await lateOnes(new WebAssembly.Module(withFirstFunctions(binary, functions)));
        // without these the others find another state, and may do something else
        functions = functions.filter((_, place) => !late.has(place));
    }
    process.stdout.write(JSON.stringify(functions));
} else {
    const { module, progress } = workerData;
    const begun = [];
    callEach(module, (place) => {
        begun.push(performance.now());
        Atomics.store(progress, 0, place);
    });
    begun.push(performance.now());
    parentPort.postMessage(begun);
}

/** The places whose calls took long, or the one where the calls went no further. */
async function lateOnes(module) {
    const progress = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { module, progress } });
    try {
        return await Promise.race([timed(worker), hanging(worker, progress)]);
    } finally {
        await worker.terminate();
    }
}

async function timed(worker) {
    const begun = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    const places = begun.slice(1).map((end, place) => (end - begun[place] > SOON_MS ? place : -1));
    return new Set(places.filter((place) => place >= 0));
}

async function hanging(worker, progress) {
    let seen;
    do {
        seen = Atomics.load(progress, 0);
        await new Promise((resolve) => setTimeout(resolve, HANGS_MS).unref());
    } while (Atomics.load(progress, 0) !== seen);
    return new Set([seen]);
}
