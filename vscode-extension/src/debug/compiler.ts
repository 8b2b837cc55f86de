/** What the compiler found, as a list of problems. No VS Code in here. */
import { isAbsolute, join } from "node:path";

import type { Build, CompilerDiagnostic, CompilerSpan, Position } from "./protocol.js";

/** A place in a file. */
export interface Place {
  file: string;
  start: Position;
  end: Position;
}

/** One entry of the Problems view. */
export interface Problem {
  place: Place;
  message: string;
  severity: "error" | "warning" | "information";
  code: string | undefined;
  related: { place: Place; message: string }[];
}

/** The problems of a build, in the order in which the compiler told them. */
export function problemsOf({ root, diagnostics }: Build): Problem[] {
  return diagnostics.flatMap((diagnostic) => problemOf(diagnostic, root ?? ""));
}

function problemOf({ message, level, code, spans, children }: CompilerDiagnostic, root: string): Problem[] {
  const primary = spans.find((span) => span.is_primary) ?? spans[0];
  if (primary === undefined) {
    return [];
  }
  const notes = children.filter(({ spans }) => spans.length === 0).map(({ level, message }) => `${level}: ${message}`);
  const others = spans.filter((span) => span !== primary && span.label !== null);
  const places = children.flatMap((child) => child.spans.map((span) => ({ span, message: child.message })));
  return [
    {
      place: placeOf(primary, root),
      message: [message, ...(primary.label === null ? [] : [primary.label]), ...notes].join("\n"),
      severity: level.startsWith("error") ? "error" : level === "warning" ? "warning" : "information",
      code: code?.code,
      related: [...others.map((span) => ({ span, message: span.label ?? "" })), ...places].map(({ span, message }) => ({
        place: placeOf(span, root),
        message,
      })),
    },
  ];
}

/** What a macro wrote is shown where the macro is called. */
function placeOf(span: CompilerSpan, root: string): Place {
  const { file_name, line_start, line_end, column_start, column_end } = called(span, root);
  return {
    file: isAbsolute(file_name) ? file_name : join(root, file_name),
    start: { line: line_start - 1, character: column_start - 1 },
    end: { line: line_end - 1, character: column_end - 1 },
  };
}

function called(span: CompilerSpan, root: string): CompilerSpan {
  const isOurs = !isAbsolute(span.file_name) || span.file_name.startsWith(`${root}/`);
  return isOurs || span.expansion === null ? span : called(span.expansion.span, root);
}
