/* Values that are selected from windows, and where in a window they are. */

/* A part of the windows of one run along each axis: one cell of depth, some rows, some of a row. */
typedef void Visit(const void *job, ptrdiff_t outer, const Run *deep, const Run *down,
                   const Run *across);

/* How many rows, and how many cells of each, are visited at once. */
typedef void Fit(const void *job, const Run *down, const Run *across, int64_t *rows,
                 int64_t *cells);

static void visit_rows(const void *job, Fit *fit, Visit *visit, ptrdiff_t outer, const Run *deep,
                       const Run *down, const Run *across)
{
    int64_t rows = 1, cells = LARGEST;
    if (fit)
        fit(job, down, across, &rows, &cells);
    for (int64_t top = 0; top < down->number; top += rows)
        for (int64_t left = 0; left < across->number; left += cells) {
            Run some = nth(down, top, rows), part = nth(across, left, cells);
            visit(job, outer, deep, &some, &part);
        }
}

static void visit_all(const Windows *w, const void *job, Fit *fit, Visit *visit)
{
    EACH(outer, w->x.shape[0])
        EACH(d, w->runs[0].count)
            EACH(cell, w->runs[0].runs[d].number) {
                Run deep = nth(&w->runs[0].runs[d], cell, 1);
                EACH(h, w->runs[1].count)
                    EACH(i, w->runs[2].count)
                        visit_rows(job, fit, visit, outer, &deep, &w->runs[1].runs[h],
                                   &w->runs[2].runs[i]);
            }
}

/* Selection networks --------------------------------------------------------------------------- */

/* Two or three lines, each read some pixels further on, become one to three lines. */
typedef struct {
    int64_t kind;
    struct {
        int64_t line, ahead;
    } in[3];
    int64_t out[3];
} Call;

enum {
    LINES = 1 << 14,
    BUDGET = 24576, /* bytes of all lines: they stay in the first cache */
    LEAST = 1024    /* bytes of a line */
};

typedef void Select(int, char *const[3], const char *const[3], ptrdiff_t);
#define ENTER_SELECT(code, t, T) select_##t,
static Select *const SELECTS[] = {FOR_TYPES(ENTER_SELECT)};

typedef void Longest(char *const *, const int64_t *, ptrdiff_t, ptrdiff_t);
#define ENTER_LONGEST(code, t, T) longest_of_##t,
static Longest *const LONGEST[] = {FOR_TYPES(ENTER_LONGEST)};

typedef struct {
    Windows w;
    Call *calls;
    int64_t *results;
    ptrdiff_t result_count, call_count, line_count, inputs, phases;
    ptrdiff_t wide;        /* the pixels more that are read of any input */
    ptrdiff_t *more;       /* the same of each line, or -1 */
    ptrdiff_t *gives;      /* for each call, the pixels more that are needed of it, or -1 */
    int frequent;          /* of all values in order, the most frequent one is the result */
    char *memory, **lines; /* where lines are; then where those in `memory` are */
} NetworkJob;

/* How many pixels each call must give for those after it. */
static void plan_lengths(NetworkJob *job)
{
    ptrdiff_t *more = job->more;
    EACH(i, job->line_count) more[i] = -1;
    EACH(i, job->result_count) more[job->results[i]] = 0;
    for (ptrdiff_t at = job->call_count - 1; at >= 0; at--) {
        const Call *call = job->calls + at;
        ptrdiff_t gives = -1;
        EACH(i, 3) gives = larger(gives, more[call->out[i]]);
        job->gives[at] = gives;
        if (gives < 0)
            continue;
        EACH(i, 3) more[call->out[i]] = -1;
        EACH(i, 3)
            more[call->in[i].line] = larger(more[call->in[i].line], gives + call->in[i].ahead);
    }
    EACH(i, job->inputs) job->wide = larger(job->wide, more[i]);
}

/* A line holds some cells of a row, or all of them of some rows. */
static void fit_line(const void *of, const Run *down, const Run *across, int64_t *rows,
                     int64_t *cells)
{
    const NetworkJob *job = of;
    ptrdiff_t pixel = pixel_of(&job->w.x);
    ptrdiff_t stride = job->phases > 1 ? 1 : larger(across->stride, 1);
    ptrdiff_t most = larger(BUDGET / job->line_count, LEAST) / pixel;
    *cells = larger((most - job->wide) / stride, larger(1, 64 / pixel));
    *cells = smaller(*cells, across->number);
    *rows = larger(1, most / (*cells * stride + job->wide));
    *rows = *cells == across->number ? smaller(*rows, down->number) : 1;
}

/* Pixels of a line, `apart` of which are the distance of two windows. */
static ptrdiff_t pixels_of_line(const NetworkJob *job, const Run *across)
{
    return (across->number - 1) * (job->phases > 1 ? 1 : across->stride) + 1;
}

/* Lines of the pixels that are read: of one row they are the row itself, since no call writes to
   an input. */
static void load_lines(const NetworkJob *job, const char *x, const Run *deep, const Run *down,
                       const Run *across)
{
    const Array *a = &job->w.x;
    ptrdiff_t pixel = pixel_of(a), next = job->phases > 1 ? across->stride : 1;
    ptrdiff_t count = pixels_of_line(job, across), width = count + job->wide;
    EACH(input, job->inputs) {
        ptrdiff_t tap = input / job->phases, more = job->more[input];
        const char *row = x + tap / down->size * deep->step * a->step[1]
                          + tap % down->size * down->step * a->step[2]
                          + input % job->phases * pixel;
        job->lines[input] = job->lines[job->line_count + input];
        if (more >= 0 && down->number == 1 && next == 1)
            job->lines[input] = (char *)row;
        else if (more >= 0)
            EACH(i, down->number)
                pick(row + i * down->stride * a->step[2], next * pixel, pixel, count + more,
                     job->lines[input] + i * width * pixel, pixel);
    }
}

static void select_block(const void *of, ptrdiff_t outer, const Run *deep, const Run *down,
                         const Run *across)
{
    const NetworkJob *job = of;
    const Array *x = &job->w.x;
    ptrdiff_t pixel = pixel_of(x), apart = job->phases > 1 ? 1 : across->stride;
    ptrdiff_t count = pixels_of_line(job, across), width = count + job->wide;
    ptrdiff_t seen = ((down->number - 1) * width + count) * x->shape[4];
    load_lines(job, place_in(x, outer, deep->start, down->start, across->start, 0), deep, down,
               across);
    EACH(at, job->call_count) {
        const Call *call = &job->calls[at];
        const char *in[3];
        char *out[3];
        EACH(i, 3) {
            in[i] = job->lines[call->in[i].line] + call->in[i].ahead * pixel;
            out[i] = job->lines[call->out[i]];
        }
        if (job->gives[at] >= 0)
            SELECTS[x->type]((int)call->kind, out, in, seen + job->gives[at] * x->shape[4]);
    }
    if (job->frequent)
        LONGEST[x->type](job->lines, job->results, job->result_count, seen);
    EACH(i, job->w.count)
        EACH(row, down->number)
            pick(job->lines[job->results[i]] + row * width * pixel, apart * pixel, pixel,
                 across->number,
                 place_in(&job->w.outs[i], outer, deep->cell, down->cell + row * down->every,
                          across->cell, 0),
                 across->every * pixel);
}

/* Every call reads and writes lines that exist, and no input is written. */
static int check_calls(NetworkJob *job)
{
    job->line_count = job->inputs;
    EACH(i, job->call_count) {
        const Call *call = &job->calls[i];
        int good = call->kind >= SMALLER && call->kind <= CHAIN + 3;
        for (int j = 0; j < 3; j++) {
            good = good && call->out[j] >= job->inputs && call->out[j] < LINES;
            good = good && call->in[j].line >= 0 && call->in[j].line < LINES;
            good = good && call->in[j].ahead >= 0 && call->in[j].ahead < LARGEST;
        }
        if (!good)
            return fail("a call names a line that does not exist");
        for (int j = 0; j < 3; j++)
            job->line_count = larger(job->line_count, larger(call->out[j], call->in[j].line) + 1);
    }
    int64_t least = job->frequent && job->result_count > 1 ? job->inputs : 0;
    EACH(i, job->result_count)
        if (job->results[i] < least || job->results[i] >= job->line_count)
            return fail("a result is a line that does not exist");
    return 1;
}

/* No input is read beyond its row; nothing is read before it has been written. */
static int check_lengths(const NetworkJob *job)
{
    EACH(i, job->line_count)
        if (i >= job->inputs && job->more[i] >= 0)
            return fail("a line is read before it is written");
    EACH(k, job->w.runs[2].count) {
        const Run *run = &job->w.runs[2].runs[k];
        int64_t stride = job->phases > 1 ? run->stride : 1;
        int64_t last = run->start + (run->number - 1) * run->stride;
        if (job->phases != 1 && job->phases != run->stride)
            return fail("there must be one phase, or as many as the stride has pixels");
        EACH(i, job->inputs)
            if (job->more[i] >= 0
                && last + i % job->phases + job->more[i] * stride >= job->w.x.shape[3])
                return fail("a call reads beyond a row");
    }
    return 1;
}

static int open_lines(NetworkJob *job)
{
    ptrdiff_t most = 0;
    EACH(j, job->w.runs[1].count)
        EACH(k, job->w.runs[2].count) {
            int64_t rows, cells;
            fit_line(job, &job->w.runs[1].runs[j], &job->w.runs[2].runs[k], &rows, &cells);
            Run some = nth(&job->w.runs[2].runs[k], 0, cells);
            most =
                larger(most, rows * (pixels_of_line(job, &some) + job->wide) * pixel_of(&job->w.x));
        }
    most = (most + 4095) / 4096 * 4096 + 320; /* lines begin at different places of a page */
    job->lines = malloc(2 * (size_t)job->line_count * sizeof(char *));
    job->memory = calloc((size_t)(job->line_count * most + 64), 1);
    if (!job->lines || !job->memory)
        return no_memory();
    EACH(i, job->line_count) {
        job->lines[i] = job->memory + (64 - (uintptr_t)job->memory % 64) + i * most;
        job->lines[job->line_count + i] = job->lines[i];
    }
    return 1;
}

/* The taps of all windows along an axis, or 0 where windows differ. */
static int64_t taps_along(const Runs *runs)
{
    EACH(i, runs->count)
        if (runs->runs[i].size != runs->runs[0].size)
            return 0;
    return runs->count ? runs->runs[0].size : 0;
}

static int open_network(NetworkJob *job, PyObject *args)
{
    PyObject *x, *outs, *tables, *calls, *results;
    if (!PyArg_ParseTuple(args, "OOOnOO|i", &x, &outs, &tables, &job->phases, &calls, &results,
                          &job->frequent))
        return 0;
    if (!(job->calls = (Call *)open_numbers(calls, &job->call_count, 10))
        || !(job->results = open_numbers(results, &job->result_count, 0))
        || !open_windows(&job->w, x, outs, tables, 1))
        return 0;
    ptrdiff_t most = job->frequent ? MOST_COUNTED : RESULTS;
    if (job->result_count < 1 || job->result_count > most
        || job->w.count != (job->frequent ? 1 : job->result_count))
        return fail("there must be as many arrays as results");
    EACH(i, job->w.count)
        if (job->w.outs[i].type != job->w.x.type)
            return fail("results are of the type of values");
    int64_t deep = taps_along(&job->w.runs[0]), down = taps_along(&job->w.runs[1]);
    if (!deep || !down || !job->w.runs[2].count || job->phases < 1 || job->phases > 64)
        return fail("no phases, or windows that differ");
    if (deep > LINES || down > LINES || deep * down * job->phases > LINES)
        return fail("too many lines");
    job->inputs = deep * down * job->phases;
    return check_calls(job);
}

static int plan_network(NetworkJob *job)
{
    job->gives = malloc(((size_t)job->call_count + 1) * sizeof(ptrdiff_t));
    job->more = malloc((size_t)job->line_count * sizeof(ptrdiff_t));
    if (!job->gives || !job->more)
        return no_memory();
    plan_lengths(job);
    return check_lengths(job) && open_lines(job);
}

static PyObject *network(PyObject *module, PyObject *args)
{
    (void)module;
    NetworkJob job = {0};
    int good = open_network(&job, args) && plan_network(&job);
    if (good && job.w.x.shape[4]) {
        Py_BEGIN_ALLOW_THREADS visit_all(&job.w, &job, fit_line, select_block);
        Py_END_ALLOW_THREADS
    }
    void *held[] = {job.calls, job.results, job.more, job.gives, job.lines, job.memory};
    EACH(i, 6) free(held[i]);
    return close_windows(&job.w, good);
}

/* Windows one by one: ranks and modes ---------------------------------------------------------- */

typedef struct {
    int (*gather)(const char *, ptrdiff_t, const char *, ptrdiff_t, ptrdiff_t, char *, ptrdiff_t *);
    void (*order)(char *, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t);
    ptrdiff_t (*longest)(const char *, ptrdiff_t);
} Values;

#define ENTER_VALUES(code, t, T) {gather_##t, order_##t, longest_##t},
static const Values VALUES[] = {FOR_TYPES(ENTER_VALUES)};

typedef struct {
    Windows w;
    Array valid, ranks[RESULTS];
    int64_t places[RESULTS];
    int frequent;        /* the most frequent value is the result, else some ranks are */
    int masked, counted; /* counted: by a table of all values */
    char *values;
    uint32_t *counts, *coarse;
} ValueJob;

/* The place in order that is asked for, of `count` values. */
static ptrdiff_t rank_of(const ValueJob *job, int which, ptrdiff_t outer, const Run *deep,
                         const Run *down, int64_t across, ptrdiff_t channel, ptrdiff_t count)
{
    int64_t rank = job->places[which];
    const Array *ranks = &job->ranks[which];
    if (ranks->data)
        rank = *(int64_t *)place_in(ranks, outer, deep->cell, down->cell, across, channel);
    return larger(0, smaller(rank, count - 1));
}

/* Copy the valid values of a window; -1 where one of them is NaN, else how many they are. */
static ptrdiff_t gather_window(const ValueJob *job, ptrdiff_t outer, const Run *deep,
                               const Run *down, const Run *across, ptrdiff_t channel)
{
    const Array *x = &job->w.x;
    ptrdiff_t count = 0, apart = across->step * x->shape[4];
    int nan = 0;
    EACH(d, deep->size)
        EACH(h, down->size) {
            int64_t at[] = {deep->start + d * deep->step, down->start + h * down->step};
            const char *valid = NULL;
            if (job->masked)
                valid = place_in(&job->valid, outer, at[0], at[1], across->start, channel);
            nan |= VALUES[x->type].gather(place_in(x, outer, at[0], at[1], across->start, channel),
                                          apart * size_of(x->type), valid, apart, across->size,
                                          job->values, &count);
        }
    return nan ? -1 : count;
}

/* Put the values of one window in order as far as asked for, and take those. */
static void sort_window(const ValueJob *job, ptrdiff_t outer, const Run *deep, const Run *down,
                        const Run *across, ptrdiff_t channel)
{
    const Values *type = &VALUES[job->w.x.type];
    ptrdiff_t item = size_of(job->w.x.type), place[RESULTS] = {0, 0}, last = job->w.count - 1;
    ptrdiff_t count = gather_window(job, outer, deep, down, across, channel);
    if (count > 0 && job->frequent) {
        type->order(job->values, 0, count, 0, count - 1);
        place[0] = type->longest(job->values, count);
    } else if (count > 0) {
        EACH(i, last + 1)
            place[i] = rank_of(job, (int)i, outer, deep, down, across->cell, channel, count);
        type->order(job->values, 0, count, smaller(place[0], place[last]),
                    larger(place[0], place[last]));
    }
    const double not_a_number = NAN;
    const float narrow = NAN;
    EACH(i, last + 1) {
        char *out = place_in(&job->w.outs[i], outer, deep->cell, down->cell, across->cell, channel);
        if (count > 0)
            memcpy(out, job->values + place[i] * item, (size_t)item);
        else if (count == 0)
            memset(out, 0, (size_t)item);
        else
            memcpy(out, item == 4 ? (const void *)&narrow : &not_a_number, (size_t)item);
    }
}

static void sort_row(const void *of, ptrdiff_t outer, const Run *deep, const Run *down,
                     const Run *across)
{
    const ValueJob *job = of;
    EACH(at, across->number) {
        Run one = nth(across, at, 1);
        EACH(channel, job->w.x.shape[4]) sort_window(job, outer, deep, down, &one, channel);
    }
}

/* The bin of a value: signed numbers are moved, so that bins are in their order. */
static unsigned bin_of(const char *x, int type)
{
    switch (type) {
    case U8: return *(const uint8_t *)x;
    case I8: return (unsigned)(*(const int8_t *)x + 128);
    case U16: return *(const uint16_t *)x;
    }
    return (unsigned)(*(const int16_t *)x + 32768);
}

static void put_bin(char *out, int type, unsigned bin)
{
    int value = type == I8 ? (int)bin - 128 : type == I16 ? (int)bin - 32768 : (int)bin;
    if (size_of(type) == 1)
        *(uint8_t *)out = (uint8_t)value;
    else
        *(uint16_t *)out = (uint16_t)value;
}

/* Count one column of a window's taps, or discount it; the number of valid ones. */
static ptrdiff_t count_column(const ValueJob *job, ptrdiff_t outer, const Run *deep,
                              const Run *down, int64_t column, ptrdiff_t channel, int sign)
{
    ptrdiff_t count = 0, digits = size_of(job->w.x.type) * 4;
    EACH(d, deep->size)
        EACH(h, down->size) {
            int64_t at[] = {deep->start + d * deep->step, down->start + h * down->step};
            if (job->masked && !*place_in(&job->valid, outer, at[0], at[1], column, channel))
                continue;
            unsigned bin =
                bin_of(place_in(&job->w.x, outer, at[0], at[1], column, channel), job->w.x.type);
            job->counts[bin] += (uint32_t)sign;
            job->coarse[bin >> digits] += (uint32_t)sign;
            count++;
        }
    return sign * count;
}

static unsigned bin_at(const ValueJob *job, ptrdiff_t rank)
{
    ptrdiff_t digits = size_of(job->w.x.type) * 4;
    unsigned coarse = 0;
    while (rank >= (ptrdiff_t)job->coarse[coarse]) rank -= job->coarse[coarse++];
    unsigned bin = coarse << digits;
    while (rank >= (ptrdiff_t)job->counts[bin]) rank -= job->counts[bin++];
    return bin;
}

/* The most frequent bin, the first of equal ones; coarse bins that hold too few are skipped. */
static unsigned bin_most(const ValueJob *job)
{
    ptrdiff_t digits = size_of(job->w.x.type) * 4;
    unsigned best = 0;
    uint32_t most = 0;
    for (unsigned coarse = 0; coarse < 1u << digits; coarse++)
        if (job->coarse[coarse] > most)
            for (unsigned bin = coarse << digits; bin < (coarse + 1) << digits; bin++)
                if (job->counts[bin] > most) {
                    most = job->counts[bin];
                    best = bin;
                }
    return best;
}

/* The windows of one row and channel by a histogram that moves on (Huang, Yang and Tang 1979):
   columns that the next window does not have are discounted, and its others are counted. */
static void count_channel(const ValueJob *job, ptrdiff_t outer, const Run *deep, const Run *down,
                          const Run *across, ptrdiff_t channel)
{
    ptrdiff_t count = 0, shift = across->stride / across->step;
    int slide = across->stride % across->step == 0 && shift < across->size;
    EACH(at, across->number) {
        Run one = nth(across, at, 1);
        for (ptrdiff_t tap = at && slide ? one.size - shift : 0; tap < one.size; tap++)
            count += count_column(job, outer, deep, down, one.start + tap * one.step, channel, 1);
        EACH(i, job->w.count) {
            char *out = place_in(&job->w.outs[i], outer, deep->cell, down->cell, one.cell, channel);
            ptrdiff_t rank = rank_of(job, (int)i, outer, deep, down, one.cell, channel, count);
            if (count)
                put_bin(out, job->w.x.type, job->frequent ? bin_most(job) : bin_at(job, rank));
            else
                memset(out, 0, (size_t)size_of(job->w.x.type));
        }
        ptrdiff_t left = slide && at + 1 < across->number ? shift : one.size;
        EACH(tap, left)
            count += count_column(job, outer, deep, down, one.start + tap * one.step, channel, -1);
    }
}

static void count_row(const void *of, ptrdiff_t outer, const Run *deep, const Run *down,
                      const Run *across)
{
    const ValueJob *job = of;
    EACH(channel, job->w.x.shape[4]) count_channel(job, outer, deep, down, across, channel);
}

/* A rank is one number, or an array with one for each cell. */
static int open_rank(ValueJob *job, ptrdiff_t which, PyObject *rank)
{
    if (PyLong_Check(rank)) {
        job->places[which] = PyLong_AsLongLong(rank);
        return !PyErr_Occurred();
    }
    if (!open_array(&job->ranks[which], rank, 0))
        return 0;
    return (job->ranks[which].type == I64 && same_shape(&job->ranks[which], &job->w.outs[which]))
           || fail("there must be a 64-bit rank for each cell");
}

static int open_values(ValueJob *job, PyObject *x, PyObject *outs, PyObject *tables,
                       PyObject *valid, PyObject *ranks)
{
    if (!open_windows(&job->w, x, outs, tables, 0))
        return 0;
    if (job->counted && job->w.x.type > I16)
        return fail("values of more than 16 bits are not counted");
    if (ranks ? PyTuple_Size(ranks) != job->w.count : job->w.count != 1)
        return fail("there must be as many results as ranks");
    job->masked = valid != Py_None;
    if (job->masked && !open_array(&job->valid, valid, 0))
        return 0;
    if (job->masked && (job->valid.type != U8 || !same_shape(&job->valid, &job->w.x)))
        return fail("there must be a byte for each pixel that says whether it counts");
    EACH(i, job->w.count) {
        if (job->w.outs[i].type != job->w.x.type)
            return fail("results are of the type of values");
        if (ranks && !open_rank(job, i, PyTuple_GetItem(ranks, i)))
            return 0;
    }
    double taps = largest_window(&job->w, 3);
    if (taps >= 4294967295.)
        return fail("windows are too large");
    size_t item = (size_t)size_of(job->w.x.type);
    size_t bins = job->counted ? (size_t)1 << 8 * item : 0;
    job->values = malloc(job->counted ? 1 : ((size_t)taps + 1) * item);
    job->counts = calloc(bins + 512, sizeof(uint32_t));
    job->coarse = job->counts + bins;
    return (job->values && job->counts) || no_memory();
}

static PyObject *pool_values(ValueJob *job, PyObject *x, PyObject *outs, PyObject *tables,
                             PyObject *valid, PyObject *ranks)
{
    int good = open_values(job, x, outs, tables, valid, ranks);
    if (good) {
        Py_BEGIN_ALLOW_THREADS visit_all(&job->w, job, NULL, job->counted ? count_row : sort_row);
        Py_END_ALLOW_THREADS
    }
    free(job->values);
    free(job->counts);
    PyBuffer_Release(&job->valid.view);
    EACH(i, RESULTS) PyBuffer_Release(&job->ranks[i].view);
    return close_windows(&job->w, good);
}

static PyObject *rank_by(PyObject *args, int counted)
{
    ValueJob job = {.counted = counted};
    PyObject *x, *outs, *tables, *ranks, *valid = Py_None;
    if (!PyArg_ParseTuple(args, "OOOO!|O", &x, &outs, &tables, &PyTuple_Type, &ranks, &valid))
        return NULL;
    return pool_values(&job, x, outs, tables, valid, ranks);
}

static PyObject *rank_sort(PyObject *module, PyObject *args)
{
    (void)module;
    return rank_by(args, 0);
}

static PyObject *rank_histogram(PyObject *module, PyObject *args)
{
    (void)module;
    return rank_by(args, 1);
}

static PyObject *mode(PyObject *module, PyObject *args)
{
    (void)module;
    ValueJob job = {.frequent = 1};
    PyObject *x, *outs, *tables, *valid = Py_None;
    if (!PyArg_ParseTuple(args, "OOOi|O", &x, &outs, &tables, &job.counted, &valid))
        return NULL;
    return pool_values(&job, x, outs, tables, valid, NULL);
}

/* Where the largest or smallest value is ------------------------------------------------------- */

typedef struct {
    void (*down)(char *, int32_t *, const char *, int32_t, int, ptrdiff_t);
    void (*across)(char *, int32_t *, int32_t *, const char *, const int32_t *, int32_t, int,
                   ptrdiff_t);
} Lead;

#define ENTER_LEAD(code, t, T) \
    {{lead_down_max_##t, lead_across_max_##t}, {lead_down_min_##t, lead_across_min_##t}},
static const Lead LEADS[][2] = {FOR_TYPES(ENTER_LEAD)};

typedef struct {
    Windows w;
    int64_t *base, *pitch; /* the index of each plane's first pixel; how far indices along the axes
                              are apart */
    int merge, last;
    ptrdiff_t most; /* elements of a line */
    char *memory, *best, *other, *wide;
    int32_t *taps, *columns, *other_taps, *wide_taps;
} IndexJob;

/* Some windows of one row, whose values and indices are the results: the columns of all their
   pixels down the map first, then columns across. */
static void lead_block(const void *of, ptrdiff_t outer, const Run *deep, const Run *down,
                       const Run *across)
{
    const IndexJob *job = of;
    const Lead *lead = &LEADS[job->w.x.type][job->merge];
    ptrdiff_t item = size_of(job->w.x.type), channels = job->w.x.shape[4], pixel = channels * item;
    ptrdiff_t length = pixels_of(across) * channels, count = across->number * channels,
              flat = across->stride == 1;
    const char *x = place_in(&job->w.x, outer, deep->start, down->start, across->start, 0);
    EACH(tap, deep->size * down->size) {
        const char *row = x + tap / down->size * deep->step * job->w.x.step[1]
                          + tap % down->size * down->step * job->w.x.step[2];
        if (tap)
            lead->down(job->wide, job->wide_taps, row, (int32_t)tap, job->last, length);
        else {
            memcpy(job->wide, row, (size_t)(length * item));
            memset(job->wide_taps, 0, (size_t)length * sizeof(int32_t));
        }
    }
    EACH(column, across->size) {
        const char *values = job->wide + column * across->step * pixel;
        const int32_t *taps = job->wide_taps + column * across->step * channels;
        if (!flat || !column) {
            pick(values, across->stride * pixel, pixel, across->number,
                 column ? job->other : job->best, pixel);
            pick((const char *)taps, across->stride * channels * 4, channels * 4, across->number,
                 (char *)(column ? job->other_taps : job->taps), channels * 4);
        }
        if (column)
            lead->across(job->best, job->taps, job->columns, flat ? values : job->other,
                         flat ? taps : job->other_taps, (int32_t)column, job->last, count);
        else
            memset(job->columns, 0, (size_t)count * sizeof(int32_t));
    }
    int64_t first = job->base[outer] + deep->start * job->pitch[0] + down->start * job->pitch[1];
    int64_t *out = (int64_t *)place_in(&job->w.outs[1], outer, deep->cell, down->cell, 0, 0);
    char *values = place_in(&job->w.outs[0], outer, deep->cell, down->cell, across->cell, 0);
    pick(job->best, pixel, pixel, across->number, values, across->every * pixel);
    EACH(i, across->number)
        EACH(c, channels) {
            int32_t tap = job->taps[i * channels + c], column = job->columns[i * channels + c];
            out[(across->cell + i * across->every) * channels + c] =
                first + tap / down->size * deep->step * job->pitch[0]
                + tap % down->size * down->step * job->pitch[1]
                + (across->start + i * across->stride + column * across->step) * job->pitch[2];
        }
}

enum { TOGETHER = 256 }; /* windows of a row */

static void fit_together(const void *job, const Run *down, const Run *across, int64_t *rows,
                         int64_t *cells)
{
    (void)job, (void)down, (void)across;
    *rows = 1;
    *cells = TOGETHER;
}

static int open_index(IndexJob *job, PyObject *args)
{
    PyObject *x, *values, *indices, *tables, *base, *pitch;
    ptrdiff_t count, axes;
    if (!PyArg_ParseTuple(args, "OOOOiOO|p", &x, &values, &indices, &tables, &job->merge, &base,
                          &pitch, &job->last))
        return 0;
    PyObject *outs = PyTuple_Pack(2, values, indices);
    int good = outs && open_windows(&job->w, x, outs, tables, 0);
    Py_XDECREF(outs);
    if (!good || !(job->base = open_numbers(base, &count, 0))
        || !(job->pitch = open_numbers(pitch, &axes, 0)))
        return 0;
    if (job->w.outs[0].type != job->w.x.type || job->w.outs[1].type != I64 || job->merge < MAX
        || job->merge > MIN)
        return fail("no such merge of these types");
    if (count != job->w.x.shape[0] || axes != 3)
        return fail("there must be a base for each plane and a pitch for each axis");
    if (largest_window(&job->w, 2) >= 2147483647.)
        return fail("windows are too large");
    EACH(i, job->w.runs[2].count) {
        Run run = nth(&job->w.runs[2].runs[i], 0, TOGETHER);
        job->most = larger(job->most, larger(pixels_of(&run), run.number) * job->w.x.shape[4]);
    }
    if (!(job->memory = malloc((size_t)(job->most + 16) * (3 * 8 + 4 * sizeof(int32_t)))))
        return no_memory();
    job->best = job->memory;
    job->other = job->best + job->most * 8;
    job->wide = job->other + job->most * 8;
    job->taps = (int32_t *)(job->wide + job->most * 8);
    job->columns = job->taps + job->most;
    job->other_taps = job->columns + job->most;
    job->wide_taps = job->other_taps + job->most;
    return 1;
}

static PyObject *fold_index(PyObject *module, PyObject *args)
{
    (void)module;
    IndexJob job = {0};
    int good = open_index(&job, args);
    if (good && job.w.x.shape[4]) {
        Py_BEGIN_ALLOW_THREADS visit_all(&job.w, &job, fit_together, lead_block);
        Py_END_ALLOW_THREADS
    }
    free(job.base);
    free(job.pitch);
    free(job.memory);
    return close_windows(&job.w, good);
}
