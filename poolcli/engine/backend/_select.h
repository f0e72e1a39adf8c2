/* Values that are selected from windows, and where in a window they are. */

namespace {

/* Selection networks --------------------------------------------------------------------------- */

constexpr int64_t LINES = 1 << 14;
constexpr ptrdiff_t BUDGET = 24576; /* bytes of all lines: they stay in the first cache */
constexpr ptrdiff_t LEAST = 1024;   /* bytes of a line */

/* Two or three lines, each read some pixels further on, become one to three lines. */
struct Call {
    int64_t kind;
    struct {
        int64_t line, ahead;
    } in[3];
    int64_t out[3];
};

/* Calls on lines: first the inputs, a line for each tap of depth and height and each phase. */
struct Program {
    std::vector<Call> calls;
    std::vector<int64_t> results;
    ptrdiff_t phases, inputs, lines;
    ptrdiff_t wide = 0;           /* the pixels more that are read of any input */
    std::vector<ptrdiff_t> more;  /* the same of each input, or -1 */
    std::vector<ptrdiff_t> gives; /* for each call, the pixels more that are needed of it, or -1 */

    Program(PyObject *table, PyObject *found, ptrdiff_t phase_count, int64_t taps)
        : results(numbers_of(found)), phases(phase_count)
    {
        std::vector<int64_t> numbers = numbers_of(table, 10);
        calls.resize(numbers.size() / 10);
        std::copy(numbers.begin(), numbers.end(), reinterpret_cast<int64_t *>(calls.data()));
        check(phases >= 1 && phases <= 64 && taps >= 1 && taps * phases <= LINES, "too many lines");
        inputs = lines = taps * phases;
        for (const Call &call : calls) {
            check(call.kind >= SMALLER && call.kind <= NINE, "a call of an unknown kind");
            EACH(i, 3) {
                check(call.out[i] >= inputs && call.out[i] < LINES && call.in[i].line >= 0
                          && call.in[i].line < LINES && call.in[i].ahead >= 0
                          && call.in[i].ahead < LARGEST,
                      "a call names a line that does not exist");
                lines = std::max({lines, call.out[i] + 1, call.in[i].line + 1});
            }
        }
        for (int64_t line : results)
            check(line >= 0 && line < lines, "a result is a line that does not exist");
        plan_lengths();
    }

    /* The pixel of a row from which on a line is read that the last window of a run needs. */
    void check_reads(const Run &run, ptrdiff_t pixels) const
    {
        int64_t last = run.start + (run.number - 1) * run.stride;
        check(phases == 1 || phases == run.stride,
              "there must be one phase, or as many as the stride has pixels");
        EACH(i, inputs)
            check(more[i] < 0 || last + i % phases + more[i] * next(run) < pixels,
                  "a call reads beyond a row");
    }

    /* How far the pixels of a line are apart in a row, and windows in a line. */
    int64_t next(const Run &run) const { return phases > 1 ? run.stride : 1; }
    int64_t apart(const Run &run) const { return phases > 1 ? 1 : run.stride; }
    int64_t pixels(const Run &run) const { return (run.number - 1) * apart(run) + 1; }

    /* Whether the last call writes the only result, and no other line. */
    bool ends_in_result() const
    {
        return results.size() == 1 && !calls.empty()
               && std::all_of(calls.back().out, calls.back().out + 3,
                              [&](int64_t line) { return line == results[0]; });
    }

  private:
    /* How many pixels each call must give for those after it. */
    void plan_lengths()
    {
        more.assign(lines, -1);
        gives.assign(calls.size(), -1);
        for (int64_t line : results) more[line] = 0;
        for (ptrdiff_t at = static_cast<ptrdiff_t>(calls.size()) - 1; at >= 0; at--) {
            const Call &call = calls[at];
            for (int64_t line : call.out) gives[at] = std::max(gives[at], more[line]);
            if (gives[at] < 0)
                continue;
            for (int64_t line : call.out) more[line] = -1;
            int64_t wider = call.kind == NINE ? 2 : 0;
            for (auto in : call.in)
                more[in.line] = std::max<ptrdiff_t>(more[in.line], gives[at] + in.ahead + wider);
        }
        EACH(i, lines) check(i < inputs || more[i] < 0, "a line is read before it is written");
        EACH(i, inputs) wide = std::max(wide, more[i]);
    }
};

template <class T> class Network {
    const Windows &windows;
    const Program &program;
    /* the results are all values in order, of which the most frequent is wanted, or that at the rank
       of each cell */
    bool frequent;
    const Array *ranks;
    ptrdiff_t channels;
    Scratch<T> memory;
    std::vector<T *> own, lines; /* where lines may be, and where they are */

    /* How many rows, and how many cells of each: a line holds some cells of a row, or all of them
       of some rows. */
    std::pair<int64_t, int64_t> fit(const Run &down, const Run &across) const
    {
        if (is_direct(across))
            return {down.number, across.number};
        ptrdiff_t pixel = channels * static_cast<ptrdiff_t>(sizeof(T));
        int64_t most = std::max(BUDGET / program.lines, LEAST) / pixel;
        int64_t stride = std::max<int64_t>(program.apart(across), 1);
        int64_t some = std::max((most - program.wide) / stride, std::max<int64_t>(1, 64 / pixel));
        int64_t cells = std::min(some, across.number);
        int64_t rows = std::max<int64_t>(1, most / (cells * stride + program.wide));
        return {cells == across.number ? std::min(rows, down.number) : 1, cells};
    }

    /* Whether the last call gives the cells of a row where they lie. */
    bool ends_in_cells(const Run &across) const
    {
        return program.ends_in_result() && !frequent && !ranks && across.every == 1
               && program.apart(across) == 1;
    }

    /* Whether it is the only one, and reads rows where they lie. */
    bool is_direct(const Run &across) const
    {
        return program.calls.size() == 1 && program.next(across) == 1 && ends_in_cells(across);
    }

  public:
    Network(const Windows &w, const Program &p, bool mode, const Array *of_cells)
        : windows(w), program(p), frequent(mode), ranks(of_cells), channels(w.channels()), lines(p.lines)
    {
        ptrdiff_t most = 0;
        for (const Run &down : w.runs[1])
            for (const Run &across : w.runs[2]) {
                if (is_direct(across))
                    continue;
                auto [rows, cells] = fit(down, across);
                int64_t width = p.pixels(across.part(0, cells)) + p.wide;
                most = std::max<ptrdiff_t>(most, rows * width * channels);
            }
        /* at different places of a page, each of which begins where vectors do */
        ptrdiff_t page = 4096 / static_cast<ptrdiff_t>(sizeof(T)), shift = page / 64 * 5;
        most = (most + page - 1) / page * page + shift;
        memory.open(p.lines * most);
        std::fill_n(memory.data, p.lines * most, T());
        EACH(i, p.lines) own.push_back(memory.data + i * most);
        lines = own;
    }

    void all()
    {
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
            for (const Run &across : windows.runs[2]) {
                auto [rows, cells] = fit(down, across);
                for (int64_t top = 0; top < down.number; top += rows)
                    for (int64_t left = 0; left < across.number; left += cells)
                        select(outer, deep, down.part(top, rows), across.part(left, cells));
            }
        });
    }

  private:
    void select(ptrdiff_t outer, const Run &deep, const Run &down, const Run &across)
    {
        ptrdiff_t width = (program.pixels(across) + program.wide) * channels;
        ptrdiff_t seen = (down.number - 1) * width + program.pixels(across) * channels;
        const T *x = windows.x.at<T>(outer, deep.start, down.start, across.start);
        T *cells = windows.outs[0].at<T>(outer, deep.cell, down.cell, across.cell);
        if (is_direct(across))
            return call_rows(x, deep, down, across, cells);
        load(x, deep, down, across);
        /* the last row of the next windows down, which is read while calls work in the cache: a
           median of 3 x 3 bytes takes 0.83 of the time */
        const T *next = x + ((down.size - 1) * down.step + down.stride) * windows.x.apart(2);
        ptrdiff_t count = static_cast<ptrdiff_t>(program.calls.size());
        EACH(at, count) {
            if (down.number == 1)
                expect(next + at * seen / count, (seen / count + 1) * ptrdiff_t(sizeof(T)));
            const Call &call = program.calls[at];
            if (program.gives[at] < 0)
                continue;
            const T *in[3];
            EACH(i, 3) in[i] = lines[call.in[i].line] + call.in[i].ahead * channels;
            T *out[] = {lines[call.out[0]], lines[call.out[1]], lines[call.out[2]]};
            const bool is_last = at + 1 == count && down.number == 1 && ends_in_cells(across);
            if (is_last)
                out[0] = cells;
            exchange<T>(static_cast<int>(call.kind), out, in, channels,
                        seen + program.gives[at] * channels);
            if (is_last)
                return;
        }
        std::vector<T *> found;
        for (int64_t line : program.results) found.push_back(lines[line]);
        if (ranks)
            return pick_ranks(found, width, outer, deep, down, across);
        if (frequent)
            longest_runs<T>(found.data(), static_cast<ptrdiff_t>(found.size()), seen);
        EACH(i, windows.count)
            EACH(row, down.number)
                pick(found[i] + row * width, program.apart(across) * channels, channels,
                     across.number,
                     windows.outs[i].at<T>(outer, deep.cell, down.cell + row * down.every,
                                           across.cell),
                     across.every * channels);
    }

    /* The only call, for each row of windows. */
    void call_rows(const T *x, const Run &deep, const Run &down, const Run &across, T *cells)
    {
        const Call &call = program.calls[0];
        load(x, deep, down.part(0, 1), across);
        const T *in[3];
        EACH(i, 3) in[i] = lines[call.in[i].line] + call.in[i].ahead * channels;
        EACH(row, down.number) {
            T *out[] = {cells, cells, cells};
            exchange<T>(static_cast<int>(call.kind), out, in, channels, across.number * channels);
            cells += down.every * windows.outs[0].apart(2);
            EACH(i, 3) in[i] += down.stride * windows.x.apart(2);
        }
    }

    /* The value at the rank of each cell. */
    void pick_ranks(const std::vector<T *> &found, ptrdiff_t width, ptrdiff_t outer,
                    const Run &deep, const Run &down, const Run &across) const
    {
        const size_t last = found.size() - 1;
        const ptrdiff_t apart = program.apart(across);
        EACH(i, windows.count)
            EACH(row, down.number)
                EACH(cell, across.number) {
                    const int64_t column = across.cell + cell * across.every;
                    const int64_t line = down.cell + row * down.every;
                    const uint8_t *rank = ranks[i].at<uint8_t>(outer, deep.cell, line, column);
                    T *out = windows.outs[i].at<T>(outer, deep.cell, line, column);
                    EACH(c, channels)
                        out[c] = found[std::min<size_t>(rank[c], last)]
                                      [row * width + cell * apart * channels + c];
                }
    }

    /* Lines of pixels: of one row they are the row itself, since no call writes to an input. */
    void load(const T *x, const Run &deep, const Run &down, const Run &across)
    {
        const Array &a = windows.x;
        ptrdiff_t next = program.next(across), count = program.pixels(across);
        EACH(input, program.inputs) {
            ptrdiff_t tap = input / program.phases, more = program.more[input];
            const T *row = x + tap / down.size * deep.step * a.apart(1)
                           + tap % down.size * down.step * a.apart(2)
                           + input % program.phases * channels;
            if (more < 0)
                continue;
            lines[input] = own[input];
            if (down.number == 1 && next == 1)
                lines[input] = const_cast<T *>(row);
            else
                EACH(i, down.number)
                    pick(row + i * down.stride * a.apart(2), next * channels, channels,
                         count + more, own[input] + i * (count + program.wide) * channels,
                         channels);
        }
    }
};

/* The taps of all windows along an axis, or 0 where windows differ. */
int64_t taps_along(const Runs &runs)
{
    for (const Run &run : runs)
        if (run.size != runs[0].size)
            return 0;
    return runs.empty() ? 0 : std::min(runs[0].size, LINES);
}

bool network(PyObject *args)
{
    PyObject *x, *outs, *tables, *calls, *results, *of_cells = Py_None;
    Py_ssize_t phases;
    int frequent = 0;
    if (!PyArg_ParseTuple(args, "OOOnOO|pO", &x, &outs, &tables, &phases, &calls, &results,
                          &frequent, &of_cells))
        throw Failed();
    Windows windows;
    windows.open(x, outs, tables, true);
    Program program(calls, results, phases,
                    taps_along(windows.runs[0]) * taps_along(windows.runs[1]));
    ptrdiff_t count = static_cast<ptrdiff_t>(program.results.size());
    Array ranks[2];
    const bool ranked = of_cells != Py_None;
    check(!ranked || (!frequent && count >= 1 && PyTuple_Check(of_cells)
                      && PyTuple_Size(of_cells) == windows.count),
          "there must be as many results as ranks");
    EACH(i, ranked ? windows.count : 0) {
        ranks[i].open(PyTuple_GetItem(of_cells, i));
        check(ranks[i].type == 'B' && ranks[i].same_shape(windows.outs[i]),
              "there must be a byte with a rank for each cell");
    }
    check(ranked ? true
          : frequent ? windows.count == 1 && count >= 1 && count <= MOST_COUNTED
                   : windows.count == count,
          "there must be as many arrays as results");
    if (frequent && count > 1)
        check(*std::min_element(program.results.begin(), program.results.end()) >= program.inputs,
              "a result is a line that is not written");
    EACH(i, windows.count)
        check(windows.outs[i].type == windows.x.type, "results are of the type of values");
    for (const Run &run : windows.runs[2]) program.check_reads(run, windows.x.shape[3]);
    if (windows.is_empty())
        return true;
    with_type(windows.x.type, [&](auto zero) {
        Network<decltype(zero)> job(windows, program, frequent, ranked ? ranks : nullptr);
        Unlocked unlocked;
        job.all();
    });
    return true;
}

/* Windows one by one: ranks and modes ---------------------------------------------------------- */

/* What is asked for of the values of each window: the most frequent one, or one or two ranks; and
   which pixels count. */
struct Wanted {
    bool frequent = false;
    Array valid, ranks[2]; /* a byte for each pixel, and a rank for each cell */
    int64_t places[2];     /* ranks that all cells have */

    void open(const Windows &w, PyObject *mask, PyObject *wanted)
    {
        if (mask != Py_None) {
            valid.open(mask);
            check(valid.type == 'B' && valid.same_shape(w.x),
                  "there must be a byte for each pixel that says whether it counts");
        }
        check(wanted ? PyTuple_Size(wanted) == w.count : w.count == 1,
              "there must be as many results as ranks");
        EACH(i, w.count) {
            check(w.outs[i].type == w.x.type, "results are of the type of values");
            if (wanted)
                open_rank(w, i, PyTuple_GetItem(wanted, i));
        }
        check(w.largest() < 4294967295., "windows are too large");
    }

    void open_rank(const Windows &w, ptrdiff_t i, PyObject *rank)
    {
        if (!PyLong_Check(rank)) {
            ranks[i].open(rank);
            check(ranks[i].type == 'q' && ranks[i].same_shape(w.outs[i]),
                  "there must be a 64-bit rank for each cell");
            return;
        }
        places[i] = PyLong_AsLongLong(rank);
        if (PyErr_Occurred())
            throw Failed();
    }
};

/* One window, of one channel. */
struct Window {
    ptrdiff_t outer, channel;
    Run deep, down, across;

    template <class T> T *cell(const Array &a) const
    {
        return a.at<T>(outer, deep.cell, down.cell, across.cell, channel);
    }

    /* Call `work(taps, counts)` for the first tap of each line, until it returns false. */
    template <class T, class Work> void each_line(const Windows &w, const Array &valid,
                                                  Work work) const
    {
        EACH(d, deep.size)
            EACH(h, down.size) {
                int64_t at[] = {deep.start + d * deep.step, down.start + h * down.step};
                const T *x = w.x.at<T>(outer, at[0], at[1], across.start, channel);
                const char *counts =
                    valid.is_open() ? valid.at<char>(outer, at[0], at[1], across.start, channel)
                                    : nullptr;
                if (!work(x, counts))
                    return;
            }
    }

    /* Call `work(tap, counts)` for the taps of some columns. */
    template <class T, class Work> void each_tap(const Windows &w, const Array &valid,
                                                 int64_t column, int64_t columns, Work work) const
    {
        ptrdiff_t apart = across.step * w.channels();
        EACH(d, deep.size)
            EACH(h, down.size) {
                int64_t at[] = {deep.start + d * deep.step, down.start + h * down.step,
                                across.start + column * across.step};
                const T *x = w.x.at<T>(outer, at[0], at[1], at[2], channel);
                const char *counts =
                    valid.is_open() ? valid.at<char>(outer, at[0], at[1], at[2], channel) : nullptr;
                EACH(i, columns) work(x[i * apart], !counts || counts[i * apart]);
            }
    }
};

/* The rank that is asked for of a window, of `count` values. */
ptrdiff_t rank_of(const Wanted &wanted, ptrdiff_t which, const Window &window, ptrdiff_t count)
{
    const Array &ranks = wanted.ranks[which];
    int64_t rank = ranks.is_open() ? *window.cell<int64_t>(ranks) : wanted.places[which];
    return std::max<int64_t>(0, std::min<int64_t>(rank, count - 1));
}

/* A histogram that moves along a row (Huang, Yang and Tang 1979): columns that the next window does
   not have are discounted, and its others are counted. */
template <class T> struct Histogram {
    static constexpr unsigned GROUP = 1 << 4 * sizeof(T); /* bins, and groups of them */
    static constexpr int LEAST_VALUE = std::numeric_limits<T>::min();

    const Windows &windows;
    const Wanted &wanted;
    std::vector<uint32_t> bins, groups;

    Histogram(const Windows &w, const Wanted &what)
        : windows(w), wanted(what), bins(GROUP * GROUP), groups(GROUP)
    {
    }

    void row(Window window)
    {
        const Run across = window.across;
        int64_t shift = across.stride / across.step, count = 0;
        bool slides = across.stride % across.step == 0 && shift < across.size;
        auto add = [&](int64_t column, int64_t columns, uint32_t sign) {
            window.each_tap<T>(windows, wanted.valid, column, columns, [&](T value, bool counts) {
                unsigned bin = static_cast<unsigned>(value - LEAST_VALUE);
                bins[bin] += counts ? sign : 0;
                groups[bin / GROUP] += counts ? sign : 0;
                count += counts ? static_cast<int32_t>(sign) : 0;
            });
        };
        EACH(at, across.number) {
            window.across = across.part(at, 1);
            int64_t old = at && slides ? across.size - shift : 0;
            add(old, across.size - old, 1);
            EACH(i, windows.count) {
                int64_t bin = -LEAST_VALUE; /* of zero */
                if (count)
                    bin = wanted.frequent ? most() : ranked(rank_of(wanted, i, window, count));
                *window.cell<T>(windows.outs[i]) = static_cast<T>(bin + LEAST_VALUE);
            }
            add(0, slides && at + 1 < across.number ? shift : across.size, -1u);
        }
    }

    unsigned ranked(ptrdiff_t rank) const
    {
        unsigned group = 0;
        while (rank >= groups[group]) rank -= groups[group++];
        unsigned bin = group * GROUP;
        while (rank >= bins[bin]) rank -= bins[bin++];
        return bin;
    }

    /* The first of the largest bins; groups that hold too few are skipped. */
    unsigned most() const
    {
        unsigned best = 0;
        uint32_t most = 0;
        for (unsigned group = 0; group < GROUP; group++)
            for (unsigned bin = group * GROUP; groups[group] > most && bin < (group + 1) * GROUP;
                 bin++)
                if (bins[bin] > most) {
                    most = bins[bin];
                    best = bin;
                }
        return best;
    }
};

/* Whether two lines of so many bytes are the same. */
inline bool same_bytes(const void *a, const void *b, size_t bytes)
{
    auto one = static_cast<const char *>(a), other = static_cast<const char *>(b);
    for (; bytes >= 8; bytes -= 8, one += 8, other += 8) {
        uint64_t left, right;
        memcpy(&left, one, 8);
        memcpy(&right, other, 8);
        if (left != right)
            return false;
    }
    return !bytes || !memcmp(one, other, bytes);
}

/* The most frequent values of windows that share no pixels: planes of one value, lines that are
   equal, and neighbours that are equal are counted at once, and a value that more than half of the
   taps have is the one, whatever the others are. */
template <class T> struct Tally {
    static constexpr int LEAST_VALUE = std::numeric_limits<T>::min();
    static constexpr uint32_t LAST = (1u << 8 * sizeof(T)) - 1; /* bin */

    const Windows &windows;
    const Wanted &wanted;
    std::vector<uint32_t> bins;
    std::vector<unsigned> filled; /* bins, so many of them */
    size_t count = 0;
    std::vector<T> changes; /* of each plane of a row of windows */
    uint64_t best = 0, half = 0;

    Tally(const Windows &w, const Wanted &what)
        : windows(w), wanted(what), bins(size_t(LAST) + 1), filled(size_t(LAST) + 2)
    {
    }

    void row(Window window)
    {
        const Run across = window.across;
        half = static_cast<uint64_t>(window.deep.size * window.down.size * across.size / 2);
        bool dense = across.step * windows.channels() == 1 && !wanted.valid.is_open();
        if (dense)
            compare(window);
        EACH(at, across.number) {
            window.across = across.part(at, 1);
            best = LAST + LEAST_VALUE; /* zero, of no taps */
            dense ? add_planes(window, changes.data() + at * across.stride, across.pixels())
                  : add_some(window);
            unsigned bin = LAST - static_cast<uint32_t>(best);
            *window.cell<T>(windows.outs[0]) = static_cast<T>(static_cast<int>(bin) + LEAST_VALUE);
            while (count) bins[filled[--count]] = 0;
        }
    }

    /* Where a plane of windows changes: from one pixel of its first line to the next, but for the
       first ones of windows, or from its first line to others. */
    void compare(const Window &window)
    {
        const Run &deep = window.deep, &down = window.down, &across = window.across;
        ptrdiff_t length = across.pixels();
        changes.resize(static_cast<size_t>(deep.size * length));
        EACH(d, deep.size) {
            int64_t plane = deep.start + d * deep.step;
            const T *first = windows.x.at<T>(window.outer, plane, down.start, across.start);
            T *__restrict changed = changes.data() + d * length;
            for (ptrdiff_t i = 1; i < length; i++) changed[i] = first[i] ^ first[i - 1];
            EACH(at, across.number) changed[at * across.stride] = 0;
            for (int64_t h = 1; h < down.size; h++) {
                const T *line = windows.x.at<T>(window.outer, plane, down.start + h * down.step,
                                                across.start);
                EACH(i, length) changed[i] |= line[i] ^ first[i];
            }
        }
    }

    void add_planes(const Window &window, const T *changed, ptrdiff_t length)
    {
        const Run &deep = window.deep, &down = window.down, &across = window.across;
        ptrdiff_t plane = deep.step * windows.x.apart(1), line = down.step * windows.x.apart(2);
        const T *x = windows.x.at<T>(window.outer, deep.start, down.start, across.start);
        for (int64_t d = 0; d < deep.size && !is_decided(); d++) {
            T any = 0;
            EACH(i, across.size) any |= changed[i];
            if (any)
                add_lines(x, line, down.size, across.size);
            else
                add(x[0], static_cast<uint32_t>(down.size * across.size));
            x += plane;
            changed += length;
        }
    }

    void add_lines(const T *x, ptrdiff_t apart, int64_t lines, int64_t size)
    {
        auto bytes = static_cast<size_t>(size) * sizeof(T);
        while (lines && !is_decided()) {
            int64_t times = 1;
            while (times < lines && same_bytes(x, x + times * apart, bytes)) times++;
            add_line(x, static_cast<uint32_t>(times), size);
            x += times * apart;
            lines -= times;
        }
    }

    void add_line(const T *x, uint32_t times, int64_t size)
    {
        int64_t from = 0;
        for (int64_t i = 1; i < size; i++)
            if (x[i] != x[from]) {
                add(x[from], static_cast<uint32_t>(i - from) * times);
                from = i;
            }
        add(x[from], static_cast<uint32_t>(size - from) * times);
    }

    void add_some(const Window &window)
    {
        ptrdiff_t apart = window.across.step * windows.channels();
        window.each_line<T>(windows, wanted.valid, [&](const T *x, const char *counts) {
            EACH(i, window.across.size)
                if (!counts || counts[i * apart])
                    add(x[i * apart], 1);
            return !is_decided();
        });
    }

    /* Count taps. The score of a value is its count, and of equal counts the smaller value has the
       higher one: nothing depends on a branch, which labels make hard to predict. */
    void add(T value, uint32_t taps)
    {
        auto bin = static_cast<unsigned>(value - LEAST_VALUE);
        uint32_t before = bins[bin], now = before + taps;
        bins[bin] = now;
        filled[count] = bin;
        count += !before;
        best = std::max(best, uint64_t(now) << 32 | (LAST - bin));
    }

    bool is_decided() const { return best >> 32 > half; }
};

template <class Job> void pool_windows(const Windows &windows, Job job)
{
    Unlocked unlocked;
    windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
        EACH(row, down.number)
            for (const Run &across : windows.runs[2])
                EACH(channel, windows.channels())
                    job.row({outer, channel, deep, down.part(row, 1), across});
    });
}

bool order(PyObject *args)
{
    PyObject *x, *outs, *tables, *ranks, *valid = Py_None;
    if (!PyArg_ParseTuple(args, "OOOO|O", &x, &outs, &tables, &ranks, &valid))
        throw Failed();
    Windows windows;
    Wanted wanted;
    windows.open(x, outs, tables);
    wanted.frequent = ranks == Py_None;
    check(wanted.frequent || PyTuple_Check(ranks), "ranks must be in a tuple");
    wanted.open(windows, valid, wanted.frequent ? nullptr : ranks);
    with_type(windows.x.type, [&](auto zero) {
        using T = decltype(zero);
        if constexpr (sizeof(T) <= 2) {
            if (wanted.frequent && !windows.slide())
                return pool_windows(windows, Tally<T>(windows, wanted));
            return pool_windows(windows, Histogram<T>(windows, wanted));
        }
        check(false, "values of more than 16 bits are not counted");
    });
    return true;
}

/* Where extremes are --------------------------------------------------------------------------- */

constexpr int64_t TOGETHER = 256; /* windows of a row */

template <class M, class T> struct Leading {
    const Windows &windows;
    const std::vector<int64_t> &base, &pitch; /* the numbers of first pixels, and their distances */
    bool last;                                /* the last NaN of a window is meant */
    Scratch<T> best{}, other{}, wide{};
    Scratch<int32_t> taps{}, columns{}, other_taps{}, wide_taps{};

    void all()
    {
        ptrdiff_t most = 0;
        for (const Run &run : windows.runs[2]) {
            Run some = run.part(0, TOGETHER);
            most = std::max<ptrdiff_t>(most, std::max(some.pixels(), some.number));
        }
        most *= windows.channels();
        for (auto scratch : {&best, &other, &wide}) scratch->open(most);
        for (auto scratch : {&taps, &columns, &other_taps, &wide_taps}) scratch->open(most);
        windows.each_row_run([&](ptrdiff_t outer, const Run &deep, const Run &down) {
            EACH(row, down.number)
                for (const Run &across : windows.runs[2])
                    for (int64_t left = 0; left < across.number; left += TOGETHER)
                        fold_some(outer, deep, down.part(row, 1), across.part(left, TOGETHER));
        });
    }

    /* Some windows of a row: the columns of all their pixels down the map first, then columns
       across. */
    void fold_some(ptrdiff_t outer, const Run &deep, const Run &down, const Run &across)
    {
        ptrdiff_t channels = windows.channels(), length = across.pixels() * channels;
        std::fill_n(wide_taps.data, length, 0);
        std::fill_n(columns.data, across.number * channels, 0);
        EACH(tap, deep.size * down.size) {
            const T *row = windows.x.at<T>(outer, deep.start + tap / down.size * deep.step,
                                           down.start + tap % down.size * down.step, across.start);
            if (tap)
                lead_down<M>(wide.data, wide_taps.data, row, static_cast<int32_t>(tap), last,
                             length);
            else
                std::copy_n(row, length, wide.data);
        }
        EACH(column, across.size) {
            ptrdiff_t from = column * across.step * channels, stride = across.stride * channels;
            pick(wide.data + from, stride, channels, across.number, column ? other.data : best.data,
                 channels);
            pick(wide_taps.data + from, stride, channels, across.number,
                 column ? other_taps.data : taps.data, channels);
            if (column)
                lead_across<M>(best.data, taps.data, columns.data, other.data, other_taps.data,
                               static_cast<int32_t>(column), last, across.number * channels);
        }
        write(outer, deep, down, across);
    }

    void write(ptrdiff_t outer, const Run &deep, const Run &down, const Run &across)
    {
        ptrdiff_t channels = windows.channels(), next = across.every * channels;
        pick(best.data, channels, channels, across.number,
             windows.outs[0].at<T>(outer, deep.cell, down.cell, across.cell), next);
        int64_t *out = windows.outs[1].at<int64_t>(outer, deep.cell, down.cell, across.cell);
        EACH(i, across.number)
            EACH(c, channels) {
                int64_t tap = taps.data[i * channels + c], column = columns.data[i * channels + c];
                out[i * next + c] =
                    base[outer] + (deep.start + tap / down.size * deep.step) * pitch[0]
                    + (down.start + tap % down.size * down.step) * pitch[1]
                    + (across.start + i * across.stride + column * across.step) * pitch[2];
            }
    }
};

bool fold_index(PyObject *args)
{
    PyObject *x, *outs, *tables, *first, *distances;
    int merge, last = 0;
    if (!PyArg_ParseTuple(args, "OOOiOO|p", &x, &outs, &tables, &merge, &first, &distances, &last))
        throw Failed();
    Windows windows;
    windows.open(x, outs, tables);
    std::vector<int64_t> base = numbers_of(first), pitch = numbers_of(distances);
    check(windows.count == 2 && windows.outs[0].type == windows.x.type
              && windows.outs[1].type == 'q' && (merge == MAX || merge == MIN),
          "no such merge of these types");
    check(base.size() == static_cast<size_t>(windows.x.shape[0]) && pitch.size() == 3,
          "there must be a number for each plane and a distance for each axis");
    check(windows.largest() < 2147483647., "windows are too large");
    if (windows.is_empty())
        return true;
    with_type(windows.x.type, [&](auto zero) {
        using T = decltype(zero);
        Unlocked unlocked;
        if (merge == MAX)
            Leading<Max, T>{windows, base, pitch, bool(last)}.all();
        else
            Leading<Min, T>{windows, base, pitch, bool(last)}.all();
    });
    return true;
}

} /* namespace */
