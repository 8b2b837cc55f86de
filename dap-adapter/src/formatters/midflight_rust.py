"""Rust values as their authors write them: the data formatters of the Rust toolchain, made safe for a live session.

A variable can be looked at before it is initialised. Its length is then any number, and the toolchain's formatters
would read that many elements, for minutes, while memory grows. Here each reads so much at most. What can't be read
is left to LLDB.
"""

import os

import lldb

# So many elements of a collection are shown.
ELEMENTS = 1000
# A hash table of more buckets is not walked through.
BUCKETS = 8192
# So many bytes of a text are read, and so many characters of a summary are shown.
BYTES = 4096
CHARACTERS = 1000
# These are read as texts: their single bytes are of no interest.
TEXTS = ("^(alloc::([a-z_]+::)+)String$", "^&(mut )?str$")


def load(debugger, folder):
    """Loads the formatters of the toolchain whose `lib/rustlib/etc` this is."""
    run(debugger, 'command script import "%s"' % os.path.join(folder, "lldb_lookup.py"))
    import lldb_lookup
    import lldb_providers

    for name, provider in list(vars(lldb_providers).items()):
        if name.endswith(("SyntheticProvider", "EnumProvider")):
            limit_children(provider)
        elif name.endswith("SummaryProvider"):
            for module in (lldb_providers, lldb_lookup):
                setattr(module, name, limited(provider))
    lldb_providers.SizeSummaryProvider = lldb_lookup.SizeSummaryProvider = limited(size)
    lldb_lookup.summary_lookup = limited(lldb_lookup.summary_lookup)
    limit_tables(lldb_providers.StdHashMapSyntheticProvider)
    find_variants(lldb_providers.ClangEncodedEnumProvider)
    with open(os.path.join(folder, "lldb_commands")) as commands:
        for command in commands:
            # What is said of every type would cost every value a call of Python.
            if command.startswith("type ") and '".*"' not in command:
                run(debugger, command.strip())
    for text in TEXTS:
        # A provider without children would do too, and cost each text five more calls of Python.
        debugger.GetCategory("Rust").AddTypeFilter(lldb.SBTypeNameSpecifier(text, True), lldb.SBTypeFilter(0))
    for kind, form in (("unsigned char", "u"), ("signed char", "d"), ("char", "d")):
        run(debugger, 'type format add -f %s -w Rust "%s"' % (form, kind))
    enums = "--recognizer-function %s.is_enum -w Rust" % __name__
    run(debugger, "type synthetic add -l lldb_lookup.ClangEncodedEnumProvider " + enums)
    run(debugger, "type summary add -F lldb_lookup.ClangEncodedEnumSummaryProvider -e " + enums)


def run(debugger, command):
    # An older LLDB does not know all of them, which the user can do nothing about.
    debugger.GetCommandInterpreter().HandleCommand(command, lldb.SBCommandReturnObject())


def is_enum(kind, _dictionary):
    kind = kind.GetCanonicalType()
    return kind.GetNumberOfFields() == 1 and kind.GetFieldAtIndex(0).name == "$variants$"


def limit_children(provider):
    count, child = provider.num_children, provider.get_child_at_index

    def num_children(self, *_most):
        try:
            return max(0, min(count(self), ELEMENTS))
        except Exception:
            return 0

    def get_child_at_index(self, index):
        try:
            return child(self, index)
        except Exception:
            return None

    provider.num_children, provider.get_child_at_index = num_children, get_child_at_index


def limited(provider):
    def summary(value, dictionary, *_options):
        read = lldb.SBProcess.ReadMemory

        def read_so_much(process, address, size, error):
            return read(process, address, min(size, BYTES), error)

        lldb.SBProcess.ReadMemory = read_so_much
        try:
            text = provider(value, dictionary)
        except Exception:
            return None
        finally:
            lldb.SBProcess.ReadMemory = read
        return text if len(text) <= CHARACTERS else text[:CHARACTERS] + "…"

    return summary


def limit_tables(provider):
    update = provider.update

    def checked(self):
        self.size, self.valid_indices = 0, []
        if 0 < buckets(self.valobj) <= BUCKETS:
            update(self)

    provider.update = checked


def table(collection):
    base = collection.GetNonSyntheticValue().GetChildMemberWithName("base")
    of_set = base.GetChildMemberWithName("map")
    owner = of_set if of_set.IsValid() else base
    return owner.GetChildMemberWithName("table").GetChildMemberWithName("table")


def buckets(collection):
    """How many buckets a hash table has; none where it can't be one, as before it is initialised."""
    mask = table(collection).GetChildMemberWithName("bucket_mask").GetValueAsUnsigned()
    return mask + 1 if mask & (mask + 1) == 0 and items(collection) <= mask + 1 else 0


def items(collection):
    return table(collection).GetChildMemberWithName("items").GetValueAsUnsigned()


def size(collection, _dictionary):
    shown = collection.GetNumChildren()
    if table(collection).IsValid() and buckets(collection) > BUCKETS:
        return "size=%d, too many to be shown" % items(collection)
    return "size=%d%s" % (shown, " or more" if shown == ELEMENTS else "")


def find_variants(provider):
    def update(self):
        self.variant = self.value = lldb.SBValue()
        variant = variant_of(self.valobj.GetChildAtIndex(0))
        if variant is not None:
            self.variant, self.value = variant, variant.GetChildMemberWithName("value")

    provider.update = update


def variant_of(variants):
    """The variant that a value is of; none where that can't be told, or it is of none, as before it is initialised."""
    candidates = [variants.GetChildAtIndex(at) for at in range(variants.GetNumChildren())]
    if len({it.name for it in candidates}) < len(candidates):
        return None
    fallback = next((it for it in candidates if discriminant(it) is None), None)
    for candidate in candidates:
        if candidate is not fallback and is_it(candidate, fallback):
            return candidate
    return fallback


def discriminant(variant):
    """Where it is in the value, and how many bytes it has."""
    field = variant.GetType().GetFieldAtIndex(0)
    if field.name != "$discr$":
        return None
    # LLDB 19 takes the place for the number of bits.
    place = field.GetBitfieldSizeInBits() if field.is_bitfield else field.GetOffsetInBytes()
    return place, field.GetType().GetByteSize()


def is_it(candidate, fallback):
    # LLDB 19 names a variant by the lower 32 bits of its discriminant only.
    named = candidate.name.rsplit("$", 1)[1]
    if not named.isdigit():
        return False
    place, size = discriminant(candidate)
    found = number_at(candidate, place, size)
    mask = (1 << 8 * min(size, 4)) - 1
    if found is None or found & mask != int(named) & mask:
        return False
    if size < 8 or fallback is None:
        return True
    # The variant without a discriminant has a value of its own there: a capacity, whose highest bit is never set,
    # or a pointer, which is never null.
    is_capacity = has_capacity_at(fallback.GetChildMemberWithName("value").GetType(), place)
    return found == int(named) + ((1 << 63) if is_capacity else 0)


def number_at(value, place, size):
    error = lldb.SBError()
    address = value.GetLoadAddress()
    if address == lldb.LLDB_INVALID_ADDRESS:
        # It is in a register.
        found = value.GetData().GetUnsignedInt8 if size == 1 else None
        return found(error, place) if found else None
    found = value.GetProcess().ReadUnsignedFromMemory(address + place, size, error)
    return found if error.Success() else None


def has_capacity_at(kind, offset):
    name = kind.GetName() or ""
    if name.endswith("UsizeNoHighBit") or name.endswith("raw_vec::Cap"):
        return True
    for at in range(kind.GetNumberOfFields()):
        field = kind.GetFieldAtIndex(at)
        begins = field.GetOffsetInBytes()
        is_there = begins <= offset < begins + field.GetType().GetByteSize()
        if is_there and has_capacity_at(field.GetType(), offset - begins):
            return True
    return False
