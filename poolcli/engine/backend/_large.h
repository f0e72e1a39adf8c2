/* Large windows of floats that move by one pixel, where processors have AVX2. Windows of rows are
   folded for 16 columns at once, and then those of columns for 16 rows: all loads are aligned with
   each other, and what is read again is in the first cache. */

namespace {

constexpr ptrdiff_t LANES = 16; /* numbers: a line of the cache */
constexpr ptrdiff_t ROWS = 8;   /* are copied together: 64 MB took 2.4 ms, and 5.2 row by row */
/* Rows of windows, and columns, that are folded before the next ones: means of 63 x 63 took 12.5 ms
   with these, and 14.5 with 128 x 512. */
constexpr ptrdiff_t BAND = 128, COLUMNS = 2048;

/* Windows of `height` x `width` numbers: `rows` of `columns`. Rows of pixels are `row` bytes apart,
   those of results `next`. Totals are divided by `divisor`, unless it is 0. */
struct Large {
    ptrdiff_t height, width, rows, columns, row, next;
    float divisor;
    float *strips, *turned; /* memory: strips of pixels, and of rows of states */

    /* How many strips of LANES columns these windows see, and the numbers of a strip. */
    ptrdiff_t strips_of(ptrdiff_t windows) const { return (windows + width + LANES - 2) / LANES; }
    ptrdiff_t strip() const { return (std::min(rows, BAND) + height - 1) * LANES; }
};

/* Fold all; whether the quotients are finite. */
using FoldLarge = bool (*)(const char *x, const Large &at, char *out);

/* Whether windows of such a size are folded so. */
bool is_large(ptrdiff_t size) { return size >= 8 && size < 256; }

#ifdef WIDE

/* T(n) by sums of `few` = 4 to 7 numbers; of each level, two sums become one, with one number more
   if `odd`. The second sum begins `other` rows later, the whole one ends `lag` rows later. */
struct Doubling {
    int few, levels = 0;
    struct Level {
        ptrdiff_t other, lag;
        bool odd;
    } level[5];

    explicit Doubling(ptrdiff_t n)
    {
        int digits = 0;
        while (n >> digits > 7) digits++;
        few = static_cast<int>(n >> digits);
        for (; digits > 0; levels++) {
            ptrdiff_t half = n >> digits--, size = n >> digits;
            level[levels] = {half, size - 1, size % 2 == 1};
        }
    }
};

/* The windows of eight columns, each in the place of its first row, as the rows from `row` to `end`
   come; an earlier call may have left the rows before. Each row ends a window of each size: sums of
   few rows are made in registers, larger ones of those that lie where they begin. */
template <int few, int levels, bool divides>
WIDE bool add_rows(float *x, const Doubling &by, ptrdiff_t row, ptrdiff_t end, float divisor)
{
    constexpr int half = few / 2, odd = few % 2, ago = half + odd;
    Vector before[2], halves[ago]; /* the rows and the sums of rows before, the last one first */
    auto add_half = [&](Vector last) WIDE {
        Vector sum = merge<Add>(before[0], last);
        if constexpr (half == 3)
            sum = merge<Add>(merge<Add>(before[1], before[0]), last);
        before[1] = before[0];
        before[0] = last;
        return sum;
    };
    auto add_few = [&](Vector last) WIDE {
        Vector second = add_half(last), sum = merge<Add>(halves[ago - 1], odd ? halves[0] : second);
        for (int i = ago - 1; i > 0; i--) halves[i] = halves[i - 1];
        halves[0] = second;
        return odd ? merge<Add>(sum, last) : sum;
    };
    ptrdiff_t lag[levels], other[levels]; /* numbers */
    EACH(i, levels) {
        lag[i] = by.level[i].lag * LANES;
        other[i] = by.level[i].other * LANES;
    }
    const Vector number = _mm256_set1_ps(divisor);
    Vector endless = _mm256_setzero_ps();
    auto add_level = [&](int i, ptrdiff_t at, Vector last) WIDE {
        float *first = x + at * LANES - lag[i];
        Vector sum = merge<Add>(load(first), load(first + other[i]));
        if (by.level[i].odd)
            sum = merge<Add>(sum, last);
        if (divides && i == levels - 1) {
            sum = _mm256_div_ps(sum, number);
            endless = _mm256_or_ps(endless, _mm256_sub_ps(sum, sum));
        }
        _mm256_storeu_ps(first, sum);
    };
    ptrdiff_t at = row - (ago + half - 1);
    before[0] = before[1] = load(x + at++ * LANES);
    if (half == 3)
        before[0] = load(x + at++ * LANES);
    for (int i = ago; i-- > 0; at++) halves[i] = add_half(load(x + at * LANES));
    for (; at < std::min(end, by.level[levels - 1].lag); at++) {
        Vector last = load(x + at * LANES);
        _mm256_storeu_ps(x + (at - few + 1) * LANES, add_few(last));
        for (int i = 0; i < levels && at >= by.level[i].lag; i++) add_level(i, at, last);
    }
    UNROLL(4)
    for (; at < end; at++) {
        Vector last = load(x + at * LANES);
        _mm256_storeu_ps(x + (at - few + 1) * LANES, add_few(last));
        UNROLL(8)
        for (int i = 0; i < levels; i++) add_level(i, at, last);
    }
    return _mm256_testz_si256(_mm256_castps_si256(endless), _mm256_castps_si256(endless));
}

using AddRows = bool (*)(float *, const Doubling &, ptrdiff_t, ptrdiff_t, float);

template <int few, bool divides> AddRows add_rows_of(int levels)
{
    switch (levels) {
    case 1: return add_rows<few, 1, divides>;
    case 2: return add_rows<few, 2, divides>;
    case 3: return add_rows<few, 3, divides>;
    case 4: return add_rows<few, 4, divides>;
    }
    return add_rows<few, 5, divides>;
}

template <bool divides> AddRows add_rows_of(const Doubling &by)
{
    return by.few == 4   ? add_rows_of<4, divides>(by.levels)
           : by.few == 5 ? add_rows_of<5, divides>(by.levels)
           : by.few == 6 ? add_rows_of<6, divides>(by.levels)
                         : add_rows_of<7, divides>(by.levels);
}

/* A merge of extremes, in a third of the instructions if no number is NaN. */
template <class M, bool may_be_nan> WIDE_INLINE Vector extreme_of(Vector a, Vector b)
{
    if constexpr (may_be_nan)
        return merge<M>(a, b);
    return std::is_same_v<M, Max> ? _mm256_max_ps(a, b) : _mm256_min_ps(a, b);
}

/* Extremes of n rows of eight columns, of `count` windows, each in the place of its first row: see
   `slide_down`. */
template <class M, bool may_be_nan> WIDE void extreme_rows(float *x, ptrdiff_t n, ptrdiff_t count)
{
    for (ptrdiff_t top = 0; top < count; top += n, x += n * LANES) {
        Vector extreme = load(x + (n - 1) * LANES);
        for (ptrdiff_t row = n - 2; row >= 0; row--) {
            extreme = extreme_of<M, may_be_nan>(load(x + row * LANES), extreme);
            _mm256_storeu_ps(x + row * LANES, extreme);
        }
        const ptrdiff_t most = std::min(n, count - top);
        if (most > 1)
            extreme = load(x + n * LANES);
        for (ptrdiff_t row = 1; row < most; row++) {
            if (row > 1)
                extreme = extreme_of<M, may_be_nan>(extreme, load(x + (n + row - 1) * LANES));
            _mm256_storeu_ps(x + row * LANES,
                             extreme_of<M, may_be_nan>(load(x + row * LANES), extreme));
        }
    }
}

/* Columns of 8 x 8 numbers, of rows LANES apart, become rows that are `next` apart. */
WIDE void turn(const float *x, float *out, ptrdiff_t next)
{
    Vector row[8], pair[8];
    EACH(i, 8) {
        const float *half = x + i % 4 * LANES + i / 4 * 4;
        row[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(half)),
                                      _mm_loadu_ps(half + 4 * LANES), 1);
    }
    for (int i = 0; i < 8; i += 2) {
        pair[i] = _mm256_unpacklo_ps(row[i], row[i + 1]);
        pair[i + 1] = _mm256_unpackhi_ps(row[i], row[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        EACH(j, 2) {
            Vector a = pair[i + j], b = pair[i + j + 2];
            _mm256_storeu_ps(out + (i + 2 * j) * next, _mm256_shuffle_ps(a, b, 0x44));
            _mm256_storeu_ps(out + (i + 2 * j + 1) * next, _mm256_shuffle_ps(a, b, 0xEE));
        }
}

/* Copy the rows of a tile to strips, from `first` to `end`; whether any number is NaN. */
WIDE bool copy_rows(const char *x, const Large &at, ptrdiff_t pixels, ptrdiff_t first,
                    ptrdiff_t end)
{
    const ptrdiff_t rest = pixels % LANES;
    Vector nan = _mm256_setzero_ps();
    auto copy_line = [&](const float *line, float *to) WIDE {
        Vector left = load(line), right = load(line + VECTOR);
        nan = _mm256_or_ps(nan, _mm256_cmp_ps(left, right, _CMP_UNORD_Q));
        _mm256_storeu_ps(to, left);
        _mm256_storeu_ps(to + VECTOR, right);
    };
    bool is_nan = false;
    for (ptrdiff_t row = first; row < end; row += ROWS) {
        const ptrdiff_t rows = std::min(end - row, ROWS);
        float *to = at.strips + row * LANES;
        auto line = [&](ptrdiff_t i) { return numbers<float>(x + (row + i) * at.row); };
        for (ptrdiff_t column = 0; column <= pixels - LANES; column += LANES, to += at.strip()) {
            if (rows == ROWS)
                EACH(i, ROWS) copy_line(line(i) + column, to + i * LANES);
            else
                EACH(i, rows) copy_line(line(i) + column, to + i * LANES);
        }
        EACH(i, rows)
            EACH(j, rest) {
                float number = line(i)[pixels - rest + j];
                is_nan |= number != number;
                to[i * LANES + j] = number;
            }
    }
    return is_nan || !_mm256_testz_si256(_mm256_castps_si256(nan), _mm256_castps_si256(nan));
}

/* Fold `rows` windows down each strip of a tile, and turn the strips: groups of LANES rows, of which
   the last one begins earlier. Sums go on where the band before ended, if `goes_on`. */
template <class M, bool may_be_nan>
WIDE void fold_strips(const Large &at, ptrdiff_t strips, ptrdiff_t rows, bool goes_on)
{
    constexpr bool sums = std::is_same_v<M, Add>;
    const Doubling by(at.height);
    const ptrdiff_t shared = at.height - 1;
    const AddRows add = add_rows_of<false>(by);
    EACH(i, strips) {
        float *strip = at.strips + i * at.strip();
        for (float *lanes : {strip, strip + VECTOR})
            if (sums)
                add(lanes, by, goes_on ? shared : by.few - 1, rows + shared, 0);
            else
                extreme_rows<M, may_be_nan>(lanes, at.height, rows);
        for (ptrdiff_t row = 0; row < rows; row += LANES) {
            const float *from = strip + std::min(row, rows - LANES) * LANES;
            float *to = at.turned + (row * strips + i * LANES) * LANES;
            EACH(j, 4)
                turn(from + (j % 2 * LANES + j / 2) * VECTOR, to + (j / 2 * LANES + j % 2) * VECTOR,
                     LANES);
        }
        if (sums)
            std::memmove(strip, strip + rows * LANES, static_cast<size_t>(4 * shared * LANES));
    }
}

/* Fold windows along LANES rows that are turned, and turn the results back: whole rows first, as
   memory is written faster then. */
template <class M, bool may_be_nan>
WIDE bool fold_turned(float *x, const Large &at, ptrdiff_t columns, char *out)
{
    const Doubling by(at.width);
    bool finite = true;
    for (float *lanes : {x, x + VECTOR})
        if (!std::is_same_v<M, Add>)
            extreme_rows<M, may_be_nan>(lanes, at.width, columns);
        else {
            auto add = at.divisor != 0 ? add_rows_of<true>(by) : add_rows_of<false>(by);
            finite &= add(lanes, by, by.few - 1, columns + at.width - 1, at.divisor);
        }
    for (ptrdiff_t row = 0; row < LANES; row += VECTOR)
        for (ptrdiff_t i = 0; i < columns; i += VECTOR) {
            ptrdiff_t column = std::min(i, columns - VECTOR); /* some once more */
            turn(x + column * LANES + row, numbers<float>(out + row * at.next) + column,
                 at.next / ptrdiff_t(sizeof(float)));
        }
    return finite;
}

/* Fold a band that was copied to strips. */
template <class M, bool may_be_nan>
bool fold_copied(const Large &at, ptrdiff_t columns, ptrdiff_t rows, bool goes_on, char *out)
{
    const ptrdiff_t strips = at.strips_of(columns);
    bool finite = true;
    fold_strips<M, may_be_nan>(at, strips, rows, goes_on);
    for (ptrdiff_t row = 0; row < rows; row += LANES)
        finite &= fold_turned<M, may_be_nan>(at.turned + row * strips * LANES, at, columns,
                                             out + std::min(row, rows - LANES) * at.next);
    return finite;
}

template <class M> bool fold_large(const char *x, const Large &at, char *out)
{
    bool finite = true;
    const ptrdiff_t tiles = (at.columns + COLUMNS - 1) / COLUMNS,
                    bands = (at.rows + BAND - 1) / BAND, shared = at.height - 1;
    EACH(tile, tiles) {
        ptrdiff_t left = at.columns * tile / tiles,
                  columns = at.columns * (tile + 1) / tiles - left;
        EACH(band, bands) {
            const ptrdiff_t top = at.rows * band / bands,
                            rows = at.rows * (band + 1) / bands - top;
            const bool goes_on = band > 0 && std::is_same_v<M, Add>;
            bool nan = copy_rows(x + top * at.row + 4 * left, at, columns + at.width - 1,
                                 goes_on ? shared : 0, rows + shared);
            auto fold =
                nan && !std::is_same_v<M, Add> ? fold_copied<M, true> : fold_copied<M, false>;
            finite &= fold(at, columns, rows, goes_on, out + top * at.next + 4 * left);
        }
    }
    return finite;
}

/* The function for a merge of pixels X to states S; none where there is no such, or no such
   processor. */
template <class M, class X, class S> FoldLarge fold_large_of()
{
    if constexpr (std::is_same_v<M, typename M::Again> && std::is_same_v<X, float>
                  && std::is_same_v<S, float>)
        if (has_wide())
            return fold_large<M>;
    return nullptr;
}

#else

template <class M, class X, class S> FoldLarge fold_large_of() { return nullptr; }

#endif

} /* namespace */
