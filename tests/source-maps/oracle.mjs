// Maps that compilers make, and what the npm package @jridgewell/trace-mapping says of them.
//
// Reads `{sources: {name: text}, maps: {name: map}}` from standard input: TypeScript to compile, and maps that are there
// already. Writes `[{name, map, forward: [[line, column, source, line, column, name]], back: [[source, line, column,
// [[line, column]]]]}]`; lines and columns count from 0, and sources are named as in the map.

import { readFileSync } from "node:fs";
import { TraceMap, allGeneratedPositionsFor, eachMapping, originalPositionFor } from "@jridgewell/trace-mapping";
import { transformSync as swc } from "@swc/core";
import { transformSync as esbuild } from "esbuild";
import ts from "typescript";

const input = JSON.parse(readFileSync(0, "utf8"));
const maps = Object.entries(input.maps);
for (const [name, text] of Object.entries(input.sources)) {
    const compilerOptions = { target: ts.ScriptTarget.ES2017, module: ts.ModuleKind.CommonJS, sourceMap: true };
    const compiled = ts.transpileModule(text, { compilerOptions, fileName: name });
    maps.push([`tsc ${name}`, compiled.sourceMapText]);
    for (const minify of [false, true]) {
        const options = { loader: "ts", sourcemap: "external", sourcefile: name, target: "es2017", minify };
        maps.push([`esbuild ${name} ${minify}`, esbuild(text, options).map]);
        const jsc = { parser: { syntax: "typescript" }, target: "es2017", minify: { mangle: minify } };
        maps.push([`swc ${name} ${minify}`, swc(text, { filename: name, sourceMaps: true, minify, jsc }).map]);
    }
}

const answers = maps.map(([name, text]) => {
    const map = new TraceMap(text);
    const forward = [];
    const originals = new Map();
    const places = new Map();
    const placeOf = (line, column) => `${line}:${column}`;
    eachMapping(map, ({ generatedLine, generatedColumn }) => {
        const place = placeOf(generatedLine, generatedColumn);
        places.set(place, (places.get(place) ?? 0) + 1);
    });
    eachMapping(map, (mapping) => {
        // Of several mappings for one place, the standard gives all. The package takes the first of them at the place and
        // the last behind it; `remap` takes the first in both cases.
        const { generatedLine, generatedColumn } = mapping;
        const isAmbiguous = places.get(placeOf(generatedLine, generatedColumn)) > 1;
        const isBehind = (column) => column !== generatedColumn && !places.has(placeOf(generatedLine, column));
        for (const column of [mapping.generatedColumn, mapping.generatedColumn + 1]) {
            if (isAmbiguous && isBehind(column)) continue;
            const found = originalPositionFor(map, { line: mapping.generatedLine, column });
            const line = found.line === null ? null : found.line - 1;
            forward.push([mapping.generatedLine - 1, column, found.source, line, found.column, found.name]);
        }
        if (mapping.source !== null) {
            const { source, originalLine: line, originalColumn: column } = mapping;
            originals.set(JSON.stringify([source, line, column]), { source, line, column });
        }
    });
    const back = [...originals.values()].map((original) => {
        const found = allGeneratedPositionsFor(map, original);
        const places = found.map(({ line, column }) => [line - 1, column]);
        return [original.source, original.line - 1, original.column, places];
    });
    return { name, map: text, forward, back };
});
process.stdout.write(JSON.stringify(answers));
