/* Folds of windows, and their quotients. */

enum {
    NEAR = 8192,   /* bytes of a row of states, and of those worked on together: a part of the first
                      cache */
    FAR = 1 << 18, /* the same of the second cache */
    STRIP = 128,   /* bytes of a row whose overlapping windows are folded together, down a map */
    PIECE = 4096,  /* bytes of the rows of a large window that are folded together */
    DIRECT = 8     /* windows of so many strides are folded one by one */
};

/* Fold windows of n lines each, as the definition says: an even number in halves, an odd one but
   the last, then that. */
static void fold_windows(const Source *source, const Fold *fold, const char *x, ptrdiff_t window,
                         ptrdiff_t tap, ptrdiff_t n, ptrdiff_t windows, ptrdiff_t length, char *out,
                         ptrdiff_t next, char *spare)
{
    ptrdiff_t bytes = length * size_of(fold->state);
    if (n <= 4) {
        source->taps(x, window, tap, n, windows, length, out, next);
        return;
    }
    ptrdiff_t most = PIECE / bytes > 1 ? PIECE / bytes : 1;
    for (; windows > 0; windows -= most, x += most * window, out += most * next) {
        ptrdiff_t some = windows < most ? windows : most, half = n / 2;
        if (n % 2) {
            fold_windows(source, fold, x, window, tap, n - 1, some, length, out, next, spare);
            source->append(out, next, x + (n - 1) * tap, window, some, length);
        } else {
            fold_windows(source, fold, x, window, tap, half, some, length, out, next, spare);
            fold_windows(source, fold, x + half * tap, window, tap, half, some, length, spare,
                         bytes, spare + some * bytes);
            fold->states.append(out, next, spare, bytes, some, length);
        }
    }
}

/* The same, a piece of a line at a time where it is read and written again and again. */
static void fold_lines(const Source *source, const Fold *fold, const char *x, ptrdiff_t input,
                       ptrdiff_t window, ptrdiff_t tap, ptrdiff_t n, ptrdiff_t windows,
                       ptrdiff_t length, char *out, ptrdiff_t next, char *spare)
{
    ptrdiff_t item = size_of(fold->state), piece = n > 4 ? PIECE / item : length;
    for (ptrdiff_t at = 0; at < length; at += piece)
        fold_windows(source, fold, x + at * input, window, tap, n, windows,
                     length - at < piece ? length - at : piece, out + at * item, next, spare);
}

/* Fold windows of n > 1 elements, `apart` elements apart, at `count` positions one after another;
   from the binary digits of n, top first. `work` holds all elements seen. */
static void fold_everywhere(const Fold *fold, const char *x, ptrdiff_t apart, ptrdiff_t n,
                            ptrdiff_t count, char *out, char *work)
{
    ptrdiff_t item = size_of(fold->state), step = apart * item, digits = 0;
    if (fold->merge < ADD && n > 4) { /* parts may overlap */
        fold->states.taps(x, 0, step, 4, 1, count + (n - 4) * apart, work, 0);
        for (ptrdiff_t size = 4, more; size < n; size += more) {
            more = size < n - size ? size : n - size;
            char *result = size + more < n ? work : out;
            fold->sweep(result, work, work + more * step, NULL, count + (n - size - more) * apart);
        }
        return;
    }
    while (n >> digits > 4) digits++;
    ptrdiff_t size = n >> digits;
    fold->states.taps(x, 0, step, size, 1, count + (n - size) * apart, digits ? work : out, 0);
    while (digits-- > 0) {
        const char *odd = n >> digits & 1 ? x + 2 * size * step : NULL;
        char *result = digits ? work : out;
        ptrdiff_t half = size;
        size = n >> digits;
        fold->sweep(result, work, work + half * step, odd, count + (n - size) * apart);
    }
}

/* Fold a single window that is longer than caches: in halves, until they are not. */
static void fold_long(const Fold *fold, const char *x, ptrdiff_t apart, ptrdiff_t n,
                      ptrdiff_t channels, char *out, char *work)
{
    ptrdiff_t item = size_of(fold->state), pixel = channels * item;
    if (n > 1 && n * apart * item > NEAR) {
        char *other = work, *rest = work + pixel;
        fold_long(fold, x, apart, n / 2, channels, out, rest);
        fold_long(fold, x + n / 2 * apart * item, apart, n / 2, channels, other, rest);
        fold->sweep(out, out, other, NULL, channels);
        if (n % 2)
            fold->states.append(out, 0, x + (n - 1) * apart * item, 0, 1, channels);
    } else if (n > 1)
        fold_everywhere(fold, x, apart, n, channels, out, work);
    else
        memcpy(out, x, (size_t)pixel);
}

/* Fold the windows of a run along some rows of states. `work` holds all of them twice.

   Where windows go on from row to row at their stride, some rows are one row: what a window over
   the end of a row gives is written to a cell of another run of these rows. */
static void fold_rows(const Fold *fold, const char *x, ptrdiff_t row, ptrdiff_t rows,
                      const Run *run, ptrdiff_t channels, char *out, ptrdiff_t next, int through,
                      char *work)
{
    ptrdiff_t pixel = channels * size_of(fold->state), size = run->size, number = run->number;
    ptrdiff_t stride = run->stride, apart = run->step * channels, every = run->every * pixel;
    if (through && rows > 1 && run->every == 1 && row == stride * next) {
        ptrdiff_t most = 2 * NEAR / row > 1 ? 2 * NEAR / row : 1;
        for (; rows > 0; rows -= most, x += most * row, out += most * next) {
            Run all = *run;
            all.number += ((rows < most ? rows : most) - 1) * (next / pixel);
            fold_rows(fold, x, row, 1, &all, channels, out, next, 0, work);
        }
        return;
    }
    int flat = number == 1 || (stride == 1 && run->every == 1);
    x += run->start * pixel;
    out += run->cell * pixel;
    if (flat && size <= 4) {
        fold->states.taps(x, row, run->step * pixel, size, rows, number * channels, out, next);
        return;
    }
    if (channels == 1 && stride == 2 && run->step == 1 && run->every == 1
        && (size == 2 || size == 3)) {
        fold->pairs(x, row, size, rows, number, out, next);
        return;
    }
    for (; rows > 0; rows--, x += row, out += next) {
        if (size == 1)
            pick(x, stride * pixel, pixel, number, out, every);
        else if (number == 1)
            fold_long(fold, x, apart, size, channels, out, work);
        else {
            ptrdiff_t count = ((number - 1) * stride + 1) * channels;
            fold_everywhere(fold, x, apart, size, count, flat ? out : work, work);
            if (!flat)
                pick(work, stride * pixel, pixel, number, out, every);
        }
    }
}

/* Some neighbouring cells of a row, and the parts of runs that they are. */
typedef struct {
    ptrdiff_t first, stop, pixel, pixels;
    Run *parts;
    ptrdiff_t count;
} Tile;

typedef struct {
    const Fold *fold;
    const Quotient *quotient; /* NULL: states are the result */
    Windows w;
    int64_t *counts[3],
        *alike;     /* `alike`: for each cell of a row, the next one with another count */
    uint64_t bound; /* of the magnitude of totals */
    int rounding;
    Tile *tiles;
    ptrdiff_t tile_count, widest; /* pixels or cells in a row of a tile, at most */
    char *memory, *rows, *cells, *depth, *strip, *work;
} FoldJob;

static int slides(const Run *run) { return run->number > 1 && run->size > DIRECT * run->stride; }

/* How many windows of a run down a map are folded together, where rows of states have so many
   bytes. */
static ptrdiff_t band_of(const Run *run, ptrdiff_t bytes)
{
    int64_t most = 2 * NEAR / bytes;
    if (slides(run))
        most = 32 + 2 * run->size * run->step / (run->stride > 0 ? run->stride : 1);
    most = most < 1 ? 1 : most > run->number ? run->number : most;
    int64_t bands = (run->number + most - 1) / most;
    return (run->number + bands - 1) / bands;
}

static ptrdiff_t lines_of(const Run *run, ptrdiff_t band)
{
    return (band - 1) * run->stride + (run->size - 1) * run->step + 1;
}

/* Cut rows into tiles of no more than so many bytes of states, if one cell does not need more. */
static int cut_tiles(FoldJob *job, ptrdiff_t most)
{
    const Runs *runs = &job->w.runs[2];
    ptrdiff_t cells = job->w.outs[0].shape[3], width = job->w.x.shape[3];
    ptrdiff_t pixel = job->w.x.shape[4] * size_of(job->fold->state);
    ptrdiff_t count = (width * pixel + most - 1) / most, each;
    count = count > cells ? cells : count;
    each = (cells + count - 1) / count;
    job->tile_count = count = (cells + each - 1) / each;
    job->tiles = calloc((size_t)count, sizeof(Tile));
    for (ptrdiff_t at = 0; job->tiles && at < count; at++) {
        Tile *tile = job->tiles + at;
        ptrdiff_t stop = 0;
        tile->first = at * each;
        tile->stop = tile->first + each < cells ? tile->first + each : cells;
        tile->pixel = width;
        if (!(tile->parts = malloc((size_t)runs->count * sizeof(Run))))
            return 0;
        EACH(i, runs->count) {
            Run part = part_of(&runs->runs[i], tile->first, tile->stop, 0);
            if (part.number <= 0)
                continue;
            tile->parts[tile->count++] = part;
            if (part.number > tile->parts[0].number) { /* the longest first: see `fold_rows` */
                tile->parts[tile->count - 1] = tile->parts[0];
                tile->parts[0] = part;
            }
            tile->pixel = part.start < tile->pixel ? part.start : tile->pixel;
            stop = part.start + pixels_of(&part) > stop ? part.start + pixels_of(&part) : stop;
        }
        EACH(i, tile->count) tile->parts[i].start -= tile->pixel;
        tile->pixels = stop - tile->pixel;
        job->widest = tile->pixels > job->widest ? tile->pixels : job->widest;
        job->widest = each > job->widest ? each : job->widest;
    }
    return job->tiles != NULL;
}

/* Memory to work in. */
static int open_memory(FoldJob *job)
{
    ptrdiff_t item = size_of(job->fold->state), pixel = job->w.x.shape[4] * item, most = NEAR,
              largest = 1;
    EACH(i, job->w.runs[1].count) {
        const Run *run = &job->w.runs[1].runs[i];
        ptrdiff_t narrow = slides(run) ? FAR / band_of(run, 1) : NEAR;
        most = narrow < most ? narrow : most;
        largest = run->size > largest ? run->size : largest;
    }
    if (!cut_tiles(job, most < NEAR / 4 ? NEAR / 4 : most))
        return 0;
    if (job->quotient) {
        ptrdiff_t cells = job->w.outs[0].shape[3];
        if (!(job->alike = malloc((size_t)cells * sizeof(int64_t))))
            return 0;
        for (ptrdiff_t at = cells - 1; at >= 0; at--)
            job->alike[at] = at + 1 < cells && job->counts[2][at] == job->counts[2][at + 1]
                                 ? job->alike[at + 1]
                                 : at + 1;
    }
    ptrdiff_t row = job->widest * pixel, deep = 0, levels = 2, bands = 0, lines = 0, strips = 0;
    EACH(i, job->w.runs[2].count)
        largest = job->w.runs[2].runs[i].size > largest ? job->w.runs[2].runs[i].size : largest;
    EACH(i, job->w.runs[0].count) {
        deep |= job->w.runs[0].runs[i].size > 1;
        largest = job->w.runs[0].runs[i].size > largest ? job->w.runs[0].runs[i].size : largest;
    }
    while (largest >> (levels - 2)) levels++;
    EACH(i, job->w.runs[1].count) {
        const Run *run = &job->w.runs[1].runs[i];
        ptrdiff_t band = band_of(run, row), needed = lines_of(run, band);
        bands = band > bands ? band : bands;
        lines = needed > lines ? needed : lines;
        strips = slides(run) && needed > strips ? needed : strips;
    }
    ptrdiff_t spare = levels * (PIECE > bands * pixel ? PIECE : bands * pixel),
              work = 2 * bands * row + spare;
    ptrdiff_t sizes[] = {bands * row, bands * row, deep ? lines * row : 0,
                         strips * (row + 2 * STRIP), work};
    char **parts[] = {&job->rows, &job->cells, &job->depth, &job->strip, &job->work};
    ptrdiff_t total = 64;
    EACH(i, 5) total += sizes[i] + 128;
    if (!(job->memory = malloc((size_t)total)))
        return 0;
    char *at = job->memory + (64 - (uintptr_t)job->memory % 64);
    EACH(i, 5) {
        *parts[i] = at;
        at += (sizes[i] + 127) / 64 * 64;
    }
    return 1;
}

/* Fold overlapping windows down a map: strips of the map are copied to where their lines lie next
   to each other, and there the windows at all positions are folded. */
static void fold_down(const FoldJob *job, const Source *source, const char *x, ptrdiff_t input,
                      ptrdiff_t row, const Run *run, ptrdiff_t length, ptrdiff_t next)
{
    const Fold *fold = job->fold;
    ptrdiff_t item = size_of(fold->state), width = STRIP / item, lines = lines_of(run, run->number);
    ptrdiff_t strips = length / width, rest = length % width, apart = lines * STRIP;
    char *copy = job->strip, *folded = copy + (strips + 1) * apart;
    EACH(i, lines) {
        source->taps(x + i * row, width * input, 0, 1, strips, width, copy + i * STRIP, apart);
        if (rest)
            source->taps(x + i * row + strips * width * input, 0, 0, 1, 1, rest,
                         copy + strips * apart + i * STRIP, 0);
    }
    for (ptrdiff_t at = 0; at < length; at += width, copy += apart) {
        ptrdiff_t count = ((run->number - 1) * run->stride + 1) * width;
        fold_everywhere(fold, copy, run->step * width, run->size, count, folded, folded);
        fold->states.taps(folded, run->stride * STRIP, 0, 1, run->number,
                          length - at < width ? length - at : width, job->rows + at * item, next);
    }
}

/* Divide cells of some rows, from one to another, by the same count. */
static void divide_by(const FoldJob *job, int64_t count, const char *totals, ptrdiff_t row,
                      ptrdiff_t rows, ptrdiff_t cells, char *out, ptrdiff_t next)
{
    ptrdiff_t length = cells * job->w.x.shape[4];
    int bytes = job->quotient->state == U16 && job->quotient->type == U8;
    Divide *divide =
        bytes && shift_of(count, job->bound) >= 0 ? whole_products : job->quotient->divide;
    if (row == length * size_of(job->fold->state)
        && next == length * size_of(job->w.outs[0].type)) {
        length *= rows; /* one long row */
        rows = 1;
    }
    divide(totals, row, rows, length, out, next, count, job->bound, job->rounding);
}

/* Divide the cells of some rows by their counts: all by the one of most of them, then others by
   theirs. */
static void divide_rows(const FoldJob *job, const Tile *tile, ptrdiff_t row, const Run *down,
                        int64_t deep, char *out, ptrdiff_t next)
{
    ptrdiff_t channels = job->w.x.shape[4], pixel = channels * size_of(job->fold->state);
    const int64_t *across = job->counts[2] + tile->first, cells = tile->stop - tile->first;
    int64_t usual = across[cells / 2];
    for (int64_t top = 0, bottom; top < down->number; top = bottom) {
        int64_t tall = job->counts[1][down->cell + top * down->every];
        for (bottom = top + 1; bottom < down->number; bottom++)
            if (job->counts[1][down->cell + bottom * down->every] != tall)
                break;
        const char *totals = job->cells + top * row;
        divide_by(job, deep * tall * usual, totals, row, bottom - top, cells, out + top * next,
                  next);
        for (int64_t left = 0, right; left < cells; left = right) {
            right = job->alike[tile->first + left] - tile->first;
            right = right < cells ? right : cells;
            if (across[left] != usual)
                divide_by(job, deep * tall * across[left], totals + left * pixel, row, bottom - top,
                          right - left,
                          out + top * next + left * channels * size_of(job->w.outs[0].type), next);
        }
    }
}

/* The cells of a tile in some rows: `x` is the first pixel they see, `out` where the first row of
   them goes. */
static void fold_band(const FoldJob *job, const Tile *tile, const char *x, const Run *deep,
                      const Run *down, char *out, ptrdiff_t next, int64_t count)
{
    const Fold *fold = job->fold;
    const Source *source = &fold->pixels;
    ptrdiff_t channels = job->w.x.shape[4], item = size_of(fold->state),
              input = size_of(fold->input);
    ptrdiff_t length = tile->pixels * channels, row = length * item, from = job->w.x.step[2];
    if (deep->size > 1) {
        fold_lines(source, fold, x, input, from, deep->step * job->w.x.step[1], deep->size,
                   lines_of(down, down->number), length, job->depth, row, job->work);
        x = job->depth;
        from = row;
        source = &fold->states;
        input = item;
    }
    const char *rows = job->rows;
    ptrdiff_t between = row;
    if (down->size == 1 && source->taps == fold->states.taps) {
        rows = x;
        between = down->stride * from;
    } else if (slides(down))
        fold_down(job, source, x, input, from, down, length, row);
    else
        fold_lines(source, fold, x, input, down->stride * from, down->step * from, down->size,
                   down->number, length, job->rows, row, job->work);
    ptrdiff_t cells = (tile->stop - tile->first) * channels * item;
    char *folded = job->quotient ? job->cells : out;
    ptrdiff_t along = job->quotient ? cells : next;
    int through = along == cells && 2 * tile->parts[0].number > tile->stop - tile->first;
    EACH(i, tile->count) {
        const Run *run = &tile->parts[i];
        fold_rows(fold, rows, between, down->number, run, channels, folded, along,
                  through && i == 0, job->work);
    }
    if (job->quotient)
        divide_rows(job, tile, cells, down, count, out, next);
}

/* All cells of a tile. */
static void fold_tile(const FoldJob *job, const Tile *tile, const char *x, char *out,
                      const Run *deep, int64_t count)
{
    ptrdiff_t channels = job->w.x.shape[4],
              row = job->widest * channels * size_of(job->fold->state);
    x += tile->pixel * channels * size_of(job->w.x.type);
    out += tile->first * channels * size_of(job->w.outs[0].type);
    EACH(i, job->w.runs[1].count) {
        const Run *run = &job->w.runs[1].runs[i];
        ptrdiff_t band = band_of(run, row);
        for (int64_t at = 0; at < run->number; at += band) {
            Run down = nth(run, at, band);
            fold_band(job, tile, x + down.start * job->w.x.step[2], deep, &down,
                      out + down.cell * job->w.outs[0].step[2], down.every * job->w.outs[0].step[2],
                      count);
        }
    }
}

static void fold_all(const FoldJob *job)
{
    for (ptrdiff_t outer = 0; outer < job->w.x.shape[0]; outer++)
        EACH(i, job->w.runs[0].count)
            for (int64_t at = 0; at < job->w.runs[0].runs[i].number; at++) {
                const Run *deep = &job->w.runs[0].runs[i];
                int64_t cell = deep->cell + at * deep->every,
                        pixel = deep->start + at * deep->stride;
                const char *x = job->w.x.data + outer * job->w.x.step[0] + pixel * job->w.x.step[1];
                char *out = job->w.outs[0].data + outer * job->w.outs[0].step[0]
                            + cell * job->w.outs[0].step[1];
                EACH(tile, job->tile_count)
                    fold_tile(job, &job->tiles[tile], x, out, deep,
                              job->quotient ? job->counts[0][cell] : 1);
            }
}

/* The counts of cells along each axis; no product of three is too large. */
static int open_counts(int64_t *counts[3], PyObject *vectors, const Array *out)
{
    PyObject *vector[3];
    if (!PyArg_ParseTuple(vectors, "OOO", &vector[0], &vector[1], &vector[2]))
        return 0;
    double product = 1;
    for (int axis = 0; axis < 3; axis++) {
        ptrdiff_t length;
        int64_t most = 1, least = 1;
        if (!(counts[axis] = open_numbers(vector[axis], &length, 0)))
            return 0;
        if (length != out->shape[axis + 1])
            return fail("there must be as many counts as cells");
        EACH(i, length) {
            most = counts[axis][i] > most ? counts[axis][i] : most;
            least = counts[axis][i] < least ? counts[axis][i] : least;
        }
        product *= (double)most;
        if (least < 1 || product > 4e18)
            return fail("a count is out of range");
    }
    return 1;
}

static uint64_t bound_of(const FoldJob *job)
{
    static const double most[] = {255,         128,  65535, 32768, 4294967295.,
                                  2147483648., 2e19, 1e19,  2e19,  2e19};
    double bound = most[job->w.x.type];
    bound *= largest_window(&job->w, 3);
    return bound < 1e18 ? (uint64_t)bound : UINT64_MAX;
}

static int open_fold(FoldJob *job, PyObject *args)
{
    PyObject *x, *out, *tables, *counts = Py_None;
    int merge, letter;
    if (!PyArg_ParseTuple(args, "OOOiC|Oi", &x, &out, &tables, &merge, &letter, &counts,
                          &job->rounding))
        return 0;
    if (!open_windows(&job->w, x, out, tables, 0))
        return 0;
    int state = type_of(letter);
    EACH(i, (ptrdiff_t)(sizeof FOLDS / sizeof *FOLDS))
        if (FOLDS[i].merge == merge && FOLDS[i].input == job->w.x.type && FOLDS[i].state == state)
            job->fold = &FOLDS[i];
    if (!job->fold)
        return fail("no such merge of these types");
    if (counts == Py_None)
        return job->w.outs[0].type == state || fail("the result must be of the type of states");
    EACH(i, (ptrdiff_t)(sizeof DIVISIONS / sizeof *DIVISIONS))
        if (DIVISIONS[i].state == state && DIVISIONS[i].type == job->w.outs[0].type)
            job->quotient = &DIVISIONS[i];
    if (!job->quotient || merge < ADD)
        return fail("no such quotient");
    if (job->rounding < HALF_EVEN || job->rounding > FLOOR)
        return fail("no such rounding");
    job->bound = bound_of(job);
    return open_counts(job->counts, counts, &job->w.outs[0]);
}

static PyObject *fold(PyObject *module, PyObject *args)
{
    (void)module;
    FoldJob job = {0};
    int good = open_fold(&job, args);
    int empty = job.w.x.shape[0] == 0 || job.w.x.shape[4] == 0;
    EACH(axis, 3) empty |= job.w.runs[axis].count == 0;
    if (good && !empty)
        good = open_memory(&job) || no_memory();
    if (good && !empty) {
        Py_BEGIN_ALLOW_THREADS fold_all(&job);
        Py_END_ALLOW_THREADS
    }
    EACH(i, job.tiles ? job.tile_count : 0) free(job.tiles[i].parts);
    EACH(axis, 3) free(job.counts[axis]);
    free(job.tiles);
    free(job.alike);
    free(job.memory);
    return close_windows(&job.w, good);
}
