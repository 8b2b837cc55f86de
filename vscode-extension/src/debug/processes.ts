/** Processes as `ps` lists them. No VS Code in here. */

/** A process that may be attached to. */
export interface Process {
  id: number;
  /** Its program, without the folder. */
  name: string;
  /** The command that it was started with. */
  command: string;
}

/** What `ps` is asked for: the user's processes, each on a line, without a header. */
export const PS_ARGUMENTS = ["x", "-w", "-w", "-o", "pid=,args="];

/** The processes of a list, those that run something in one of the folders first, the newest of them first. */
export function processesOf(list: string, folders: string[]): Process[] {
  const processes = list.split("\n").flatMap((line) => {
    const [, id, command] = /^\s*(\d+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    // Threads of the kernel are shown in brackets: there is nothing to debug in them.
    if (id === undefined || command === undefined || command.startsWith("[")) {
      return [];
    }
    const program = command.split(" ")[0] ?? command;
    return [{ id: Number(id), name: program.split("/").at(-1) ?? program, command }];
  });
  const isInside = ({ command }: Process): boolean => folders.some((folder) => command.startsWith(`${folder}/`));
  return processes.sort((a, b) => Number(isInside(b)) - Number(isInside(a)) || b.id - a.id);
}
